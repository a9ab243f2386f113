/**
 * The real agent CLIs read what `kas mcp install` writes, and start the server where their `mcp list`
 * does so. Needs npm once; runs with KAS_TEST_AGENTS=1.
 */
import assert from "node:assert/strict";
import type { InstallScope } from "../lib/mcp/install/clients.ts";
import { install, uninstall } from "../lib/mcp/install/install.ts";
import { agentTest } from "./support/agent_case.ts";
import { fetchAgentCli, isMissing, PINNED_CLIS, type PinnedCli } from "./support/agent_clis.ts";
import { denoDir } from "./support/agent_stage.ts";

/** What `mcp list` says of a server that is there, for each place it can be registered. */
const SEEN: Readonly<Record<PinnedCli, Readonly<Record<InstallScope, RegExp>>>> = {
  claude: { user: /kasmos: .* mcp - .*Connected/, project: /kasmos: kas mcp - .*Pending approval/ },
  codex: { user: /kasmos .*mcp .*enabled/, project: /kasmos .*kas .*mcp .*enabled/ },
  opencode: { user: /kasmos .*connected/, project: /kasmos .*connected/ },
  copilot: { user: /User servers:\s+kasmos/, project: /Workspace servers:\s+kasmos/ },
  gemini: { user: /kasmos: .*Connected/, project: /kasmos: kas mcp .*Connected/ },
};

/** A home and a repository the CLIs trust; gone at the end. */
async function inPlace(body: (root: string, env: Record<string, string>) => Promise<void>) {
  const root = await Deno.realPath(await Deno.makeTempDir({ prefix: "kas-clients-" }));
  const write = async (path: string, text: string, mode = 0o644) => {
    const full = `${root}/${path}`;
    await Deno.mkdir(full.slice(0, full.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(full, text, { mode });
  };
  const main = new URL("../main.ts", import.meta.url).pathname;
  const kas = `#!/bin/sh\nexec '${Deno.execPath()}' run -A --quiet '${main}' "$@"\n`;
  try {
    await write("bin/kas", kas, 0o755);
    await write("home/.codex/config.toml", `[projects."${root}/repo"]\ntrust_level = "trusted"\n`);
    await write("home/.copilot/config.json", JSON.stringify({ trustedFolders: [`${root}/repo`] }));
    await Deno.mkdir(`${root}/repo`);
    const init = ["-C", `${root}/repo`, "init", "-q", "-b", "main"];
    const { success } = await new Deno.Command("git", { args: init }).output();
    assert.ok(success);
    await body(root, {
      HOME: `${root}/home`,
      PATH: `${root}/bin:${Deno.env.get("PATH") ?? ""}`,
      TMPDIR: root,
      TERM: "dumb",
      DENO_DIR: await denoDir(),
      GEMINI_CLI_TRUST_WORKSPACE: "true",
      KASMOS_RUNTIME_DIR: `${root}/run`,
    });
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

/** What the CLI's own list of servers says. */
async function listed(name: PinnedCli, root: string, env: Record<string, string>): Promise<string> {
  const binary = await fetchAgentCli(name);
  const argv = name === "gemini" ? ["node", binary] : [binary];
  const [program = "", ...args] = [...argv, "mcp", "list"];
  const { stdout, stderr } = await new Deno.Command(program, {
    args,
    cwd: `${root}/repo`,
    env,
    clearEnv: true,
    stdin: "null",
    signal: AbortSignal.timeout(120_000),
  }).output();
  const text = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("\n");
  const escape = String.fromCharCode(27);
  return text.replaceAll(new RegExp(`${escape}\\[[0-9;?]*[A-Za-z]`, "g"), "");
}

if (Deno.env.get("KAS_TEST_AGENTS") === "1") {
  for (const name of PINNED_CLIS) {
    const ignore = await isMissing(name);
    agentTest(
      name,
      ignore,
      "R37: mcp list shows what kas installed, and no more after",
      async () => {
        await inPlace(async (root, env) => {
          for (const scope of ["user", "project"] as const) {
            const options = {
              client: name,
              scope,
              place: { env, home: `${root}/home`, repoRoot: `${root}/repo` },
              lockFile: `${root}/settings.lock`,
            };
            assert.doesNotMatch(await listed(name, root, env), /kasmos/);
            await install(options, false);
            const text = await listed(name, root, env);
            assert.match(text, SEEN[name][scope], scope);
            // an unset placeholder is warned of
            assert.doesNotMatch(text, /missing.*variable/i);
            await uninstall(options);
          }
          assert.doesNotMatch(await listed(name, root, env), /kasmos/);
        });
      },
    );
  }
}
