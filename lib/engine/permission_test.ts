import assert from "node:assert/strict";
import { canAnswer, givePermission, type PermissionDialog, readDialog } from "./permission.ts";

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
/** The same with the marker in the middle, and another lasting answer. */
const CLAUDE_MIDDLE = `
 Bash command
 Tip: auto mode handles these prompts for you — choose "switch to auto mode" below
 mock
╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌
 git tag -f allowed
╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌╌
 This command requires approval
 Do you want to proceed?
   1. Yes
 ❯ 2. Yes, and don’t ask again for: git tag *
   3. Yes, and switch to auto mode · auto mode handles these prompts for you
   4. No

 Esc to cancel
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
  assert.deepEqual(place("claude", CLAUDE_MIDDLE), { at: 1, means: [0, 1, 3] });
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

/** A terminal that shows one screen after the other: each key that is taken brings the next. */
function terminal(screens: readonly string[], lost = 0) {
  const pressed: string[] = [];
  const agent = {
    session: { title: "a", tmuxName: "kas-1", harness: "claude", cwd: "/", evidence: "" },
    launchDir: "/nowhere",
    tmux: {
      capture: () => Promise.resolve(screens[Math.max(0, pressed.length - lost)] ?? "> "),
      keys: (_name: string, keys: readonly string[]) => {
        pressed.push(...keys);
        return Promise.resolve();
      },
    },
  };
  return { agent, pressed };
}

const FIRST = CLAUDE_MIDDLE.replace("❯ 2", "  2").replace("  1. Yes\n", "❯ 1. Yes\n");

Deno.test("givePermission() walks to the entry and takes it, or declines", async () => {
  const always = terminal([FIRST, CLAUDE_MIDDLE]);
  await givePermission(always.agent, 1);
  assert.deepEqual(always.pressed, ["Down", "Enter"]);
  const once = terminal([CLAUDE_MIDDLE, FIRST]);
  await givePermission(once.agent, 0);
  assert.deepEqual(once.pressed, ["Up", "Enter"]);
  const reject = terminal([FIRST]);
  await givePermission(reject.agent, 2);
  assert.deepEqual(reject.pressed, ["Escape"]);
});

Deno.test("givePermission() does not answer the question after the one it was asked about", async () => {
  const next = terminal([FIRST, FIRST.replace("git tag -f allowed", "git push")]);
  await givePermission(next.agent, 0);
  assert.deepEqual(next.pressed, ["Enter"]);
});

Deno.test("givePermission() declines again, but allows only once, where the dialog did not listen", async () => {
  const rejected = terminal([FIRST], 1);
  await givePermission(rejected.agent, 2, 300);
  assert.deepEqual(rejected.pressed, ["Escape", "Escape"]);
  const allowed = terminal([FIRST], 1);
  await assert.rejects(givePermission(allowed.agent, 0, 100), { code: "conflict" });
  assert.deepEqual(allowed.pressed, ["Enter"]);
});

Deno.test("givePermission() tells an answer that a dialog does not have, and that another came", async () => {
  const two = COPILOT.replace(/.*2\. Yes.*\n/, "").replace("3. No", "2. No");
  const { agent, pressed } = terminal([two]);
  const copilot = { ...agent, session: { ...agent.session, harness: "copilot" } };
  await assert.rejects(givePermission(copilot, 1), { code: "guard" });
  assert.deepEqual(pressed, []);
  const gone = terminal([FIRST, CLAUDE_MIDDLE.replace("git tag -f allowed", "git push")]);
  await assert.rejects(givePermission(gone.agent, 1), { code: "conflict" });
  assert.deepEqual(gone.pressed, ["Down"]);
});
