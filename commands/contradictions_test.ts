/** Options that contradict each other, or say nothing alone, are refused and never ignored. */
import assert from "node:assert/strict";
import { inWorld } from "./_testing.ts";

const REFUSED: readonly (readonly [line: string, wants: RegExp])[] = [
  ["check --yes", /--yes without --fix/],
  ["doctor --yes", /--yes without --fix/],
  ["run --runtime claude --task x --title y", /--title without --detach/],
  ["chat --runtime claude --title y", /--title without --detach/],
  ["run --task x --task-file y", /--task together with --task-file/],
  ["run --task x --stream --output json", /--stream together with --output json/],
  ["instance list --all --status running", /--status and --all together/],
  ["instance list --json --format text", /--json together with --format text/],
  ["setup --uninstall --clean", /--clean together with --uninstall/],
  ["setup --uninstall --force", /--force together with --uninstall/],
  ["setup --uninstall --runtime claude", /--runtime together with --uninstall/],
  ["setup --uninstall --enforce-tools --yes", /--enforce-tools together with --uninstall/],
  ["setup --yes --mcp --no-mcp", /--mcp and --no-mcp together/],
  ["skills update x --all", /--all together with names/],
  ["skills list --project --user", /--project and --user together/],
  ["task create a --content x --content-file y", /--content and --content-file together/],
  ["serve --cert x", /Give both --cert and --key/],
];

Deno.test("options that contradict each other are refused with status 2", () =>
  inWorld(async (world) => {
    for (const [line, wants] of REFUSED) {
      const { code, err, out } = await world.kas(...line.split(" "));
      assert.equal(code, 2, `${line}: ${out}${err}`);
      assert.match(err, wants, line);
    }
  }));
