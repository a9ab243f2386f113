import assert from "node:assert/strict";
import { canAnswer, type PermissionDialog, readDialog } from "./permission.ts";

const CLAUDE = `
● Bash(touch a)
────────────────
 Bash command
 1. Yes
 touch a
 Do you want to proceed?
 ❯ 1. Yes
   2. Yes, and always allow access to work/ from this
      project
   3. Yes, and switch to auto mode
   4. No

 Esc to cancel · Tab to amend
`;
const CODEX = `
  Would you like to run the following command?
  $ touch a
  1. Yes, proceed (y)
› 2. Yes, and don't ask again for commands that start with \`touch a\` (p)
  3. No, and tell Codex what to do differently (esc)
  Press enter to confirm or esc to cancel
`;
const CODEX_TOOL = `
  Allow the kas MCP server to run tool "echo"?
  › 1. Allow                   Run the tool and continue
    2. Allow for this session  Run the tool and remember this choice for this session
    3. Always allow            Run the tool and remember this choice for future tool calls
    4. Cancel                  Cancel this tool call
  enter to submit | esc to cancel
`;
const COPILOT = `
╭──────────────────────────────────────╮
│ Do you want to run this command?     │
│                                      │
│ ❯ 1. Yes                             │
│   2. Yes, and don't ask again for it │
│   3. No, and tell Copilot what to do │
│ ↑/↓ to navigate · enter to select    │
╰──────────────────────────────────────╯
`;
const GEMINI = `
│ Apply this change?                   │
│                                      │
│ ● 1. Allow once                      │
│   2. Allow for this session          │
│   3. Modify with external editor     │
│   4. No, suggest changes (esc)       │
╰──────────────────────────────────────╯
`;

function place(harness: string, screen: string): Pick<PermissionDialog, "at" | "means"> | null {
  const dialog = readDialog(harness, screen);
  return dialog === null ? null : { at: dialog.at, means: dialog.means };
}

Deno.test("readDialog() finds what each entry means, wherever the marker stands", () => {
  assert.deepEqual(place("claude", CLAUDE), { at: 0, means: [0, 1, 3] });
  assert.deepEqual(place("codex", CODEX), { at: 1, means: [0, 1, 2] });
  assert.deepEqual(place("codex", CODEX_TOOL), { at: 0, means: [0, 2, 3] });
  assert.deepEqual(place("copilot", COPILOT), { at: 0, means: [0, 1, 2] });
  assert.deepEqual(place("gemini", GEMINI), { at: 0, means: [0, 1, 3] });
});

Deno.test("readDialog() says null for an answer a dialog does not have", () => {
  const two = COPILOT.replace(/.*2\. Yes.*\n/, "").replace("3. No", "2. No");
  assert.deepEqual(place("copilot", two), { at: 0, means: [0, null, 1] });
});

Deno.test("readDialog() leaves other questions to a person", () => {
  const color = "❯ 1. Red\n  2. Blue\n  3. Type something.\n Esc to cancel · Tab to amend\n";
  assert.equal(place("claude", color), null);
  assert.equal(place("claude", CLAUDE.replace("Tab to amend", "")), null, "no mark");
  assert.equal(place("claude", CLAUDE.replace("❯", " ")), null, "no marker");
  assert.equal(place("claude", CLAUDE.replace("2. Yes", "5. Yes")), null, "numbers are amiss");
  const trust = "Confirm folder trust\n❯ 1. Yes\n  2. No (Esc)\n ↑/↓ to navigate\n";
  assert.equal(place("copilot", trust), null);
  assert.equal(place("command", CLAUDE), null);
  assert.equal(place("claude", `${CLAUDE}${"more text\n".repeat(40)}`), null, "scrolled away");
});

Deno.test("canAnswer() knows the runtimes whose dialogs are known", () => {
  const known = ["claude", "codex", "opencode", "copilot", "gemini", "command", "demo"]
    .filter(canAnswer);
  assert.deepEqual(known, ["claude", "codex", "opencode", "copilot", "gemini"]);
});
