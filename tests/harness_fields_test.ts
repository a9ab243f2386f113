import { deepEqual, equal, notEqual, ok, rejects } from "node:assert/strict";
import type { AgentContext, AgentParts, Runtime } from "../lib/agent/types.ts";
import { KasError } from "../lib/errors.ts";
import {
  type LaunchWorld,
  launchWorld,
  NO_PARTS,
  script,
  testContext,
  testInput,
} from "../lib/launch/_testing.ts";
import { describeLaunch, dryRunText } from "../lib/launch/dry_run.ts";
import { filesToWrite } from "../lib/launch/materialize.ts";
import { type PreparedLaunch, prepareLaunch } from "../lib/launch/prepare.ts";

/** Nothing that is asked of a launch gets lost on the way to a runtime. */

const VERSIONS: Readonly<Partial<Record<Runtime, string>>> = {
  claude: "2.1.329 (Claude Code)",
  codex: "codex-cli 0.169.0",
  opencode: "1.18.33",
  copilot: "1.0.102",
  gemini: "0.61.0",
  command: "1.0.0",
};
const NAMES: readonly Runtime[] = [
  "claude",
  "codex",
  "opencode",
  "copilot",
  "gemini",
  "command",
];

type Changes = Omit<Partial<AgentContext>, "parts"> & { readonly parts?: Partial<AgentParts> };

/** A world with a program for each runtime, which only tells its version. */
async function worldOfRuntimes(): Promise<LaunchWorld> {
  const world = await launchWorld();
  for (const name of NAMES) await script(world, name, `echo "${VERSIONS[name]}"`);
  // gemini's isolation shows only where the user has settings
  await Deno.mkdir(`${world.home}/.gemini`);
  await Deno.writeTextFile(`${world.home}/.gemini/settings.json`, '{"ui":{"hideTips":true}}');
  return world;
}

/** One launch of a runtime. */
async function prepare(
  world: LaunchWorld,
  runtime: Runtime,
  { parts, ...changes }: Changes,
): Promise<PreparedLaunch> {
  const context = testContext(world, {
    runtime,
    program: [`${world.bin}/${runtime}`],
    permission: "yolo",
    ...changes,
    parts: { ...NO_PARTS, ...parts },
  });
  return await prepareLaunch(testInput(world, context));
}

/** What the runtime gets to see. */
function seen({ launch: { argv, env, files, links, stdin } }: PreparedLaunch): string {
  return JSON.stringify({ argv, env, files, links, stdin });
}

/** What was refused; null when it was taken. */
async function refusal(work: Promise<unknown>): Promise<string | null> {
  try {
    await work;
    return null;
  } catch (error) {
    if (error instanceof KasError && error.code === "runtime_unfit") return error.message;
    throw error;
  }
}

/** What is asked, what the runtime must get to see of it, and who refuses it in which words. */
const MARKED: readonly {
  readonly changes: Changes;
  readonly mark: RegExp;
  readonly refused?: Readonly<Partial<Record<Runtime, RegExp>>>;
}[] = [
  { changes: { task: "mark-task" }, mark: /mark-task/ },
  { changes: { model: "mark-model" }, mark: /mark-model/ },
  { changes: { effort: "high" }, mark: /high/, refused: { gemini: /effort "high"/ } },
  { changes: { permissionRaw: "mark-raw" }, mark: /mark-raw/ },
  {
    changes: { maxTurns: 4711 },
    mark: /4711/,
    refused: { codex: /limit of turns/, copilot: /limit of turns/ },
  },
  { changes: { resume: "mark-id" }, mark: /mark-id/, refused: { command: /resuming/ } },
  { changes: { extraArgs: ["--mark-arg"] }, mark: /--mark-arg/ },
  { changes: { setEnv: { MARK: "mark-value" } }, mark: /"MARK":"mark-value"/ },
  { changes: { passEnv: ["OUTER_SECRET"] }, mark: /"OUTER_SECRET":"outer"/ },
  {
    changes: { secrets: { TOKEN: { kind: "file", name: "t" } } },
    mark: /"TOKEN":"value-of-TOKEN"/,
  },
  { changes: { parts: { soul: "mark-soul" } }, mark: /mark-soul/ },
  {
    changes: {
      parts: { hooks: { PreToolUse: [{ hooks: [{ type: "command", command: "mark-hook" }] }] } },
    },
    // claude reads the file of the launched copy
    mark: /mark-hook|--plugin-dir/,
    refused: { command: /hooks on PreToolUse/ },
  },
  {
    changes: {
      parts: { hooks: { MarkEvent: [{ hooks: [{ type: "command", command: "x" }] }] } },
    },
    mark: /never/,
    refused: Object.fromEntries(NAMES.map((name) => [name, /hooks on MarkEvent/])),
  },
  {
    changes: {
      parts: {
        mcpServers: { local: { type: "stdio", command: "mark-server", args: [], env: {} } },
      },
    },
    mark: /mark-server/,
    refused: { command: /stdio MCP server "local"/ },
  },
  ...(["http", "sse"] as const).map((type) => ({
    changes: {
      parts: { mcpServers: { far: { type, url: "http://mark.invalid", headers: {} } } },
    },
    mark: /mark\.invalid/,
    refused: {
      command: /MCP server "far"/,
      ...type === "sse" ? { codex: /sse MCP server "far"/ } : {},
    },
  })),
];

Deno.test("R24: what is asked of a launch reaches each runtime, or is refused by name", async () => {
  await using world = await worldOfRuntimes();
  for (const runtime of NAMES) {
    const plain = seen(await prepare(world, runtime, {}));
    for (const { changes, mark, refused } of MARKED) {
      const what = `${runtime}: ${JSON.stringify(changes)}`;
      const expected = refused?.[runtime];
      if (expected !== undefined) {
        const why = await refusal(prepare(world, runtime, changes));
        ok(why !== null && expected.test(why), `${what} gives ${why}`);
        continue;
      }
      const now = seen(await prepare(world, runtime, changes));
      ok(mark.test(now) && !mark.test(plain), `${what} is lost in ${now}`);
    }
  }
});

Deno.test("R24: permissions, formats and isolation make a difference on each runtime", async () => {
  await using world = await worldOfRuntimes();
  for (const runtime of NAMES) {
    equal(seen(await prepare(world, runtime, {})), seen(await prepare(world, runtime, {})));
    const permissions = await Promise.all(
      (["ask", "auto", "yolo"] as const).map((permission) =>
        prepare(world, runtime, { permission })
      ),
    );
    equal(new Set(permissions.map(seen)).size, 3, runtime);
    const strict = await prepare(world, runtime, { strict: true });
    notEqual(seen(strict), seen(await prepare(world, runtime, {})), `${runtime}: strict`);
    const text = seen(await prepare(world, runtime, { outputFormat: "text" }));
    for (const outputFormat of ["json", "stream-json"] as const) {
      const why = await refusal(prepare(world, runtime, { outputFormat }));
      if (why !== null) {
        deepEqual([outputFormat, /the output format json/.test(why)], ["json", true], runtime);
      } else notEqual(seen(await prepare(world, runtime, { outputFormat })), text, runtime);
    }
  }
});

Deno.test("R24: skills and slash commands reach each runtime, or stand in the launched copy", async () => {
  await using world = await worldOfRuntimes();
  const skill = `${world.agent}/skills/mark-skill`;
  await Deno.mkdir(skill, { recursive: true });
  await Deno.writeTextFile(`${skill}/SKILL.md`, "---\nname: mark-skill\ndescription: d\n---\nx\n");
  await Deno.mkdir(`${world.agent}/commands`);
  const command = `${world.agent}/commands/mark-command.md`;
  await Deno.writeTextFile(command, "Do mark-text.\n");
  for (const runtime of NAMES) {
    const plain = seen(await prepare(world, runtime, {}));
    const parts: readonly Partial<AgentParts>[] = [
      { skills: { "mark-skill": skill } },
      { commands: { "mark-command": command } },
    ];
    for (const part of parts) {
      const { launch, agentDir } = await prepare(world, runtime, { parts: part });
      equal(launch.env["KAS_AGENT_DIR"], agentDir);
      const now = seen(await prepare(world, runtime, { parts: part }));
      // any program finds them there by itself
      equal(now === plain, runtime === "command", `${runtime}: ${JSON.stringify(part)}`);
    }
  }
});

Deno.test("R24: what is refused is refused together, and nothing is written", async () => {
  await using world = await worldOfRuntimes();
  await rejects(
    prepare(world, "command", {
      resume: "last",
      parts: { mcpServers: { far: { type: "http", url: "http://x.invalid", headers: {} } } },
    }),
    { message: /resuming a session; the http MCP server "far"/ },
  );
  await rejects(Deno.stat(world.launchDir), Deno.errors.NotFound);
});

Deno.test("a secret is in the environment of each runtime and in nothing that is written or shown", async () => {
  await using world = await worldOfRuntimes();
  const secret = "value-of-TOKEN";
  const far = {
    type: "http",
    url: "http://x.invalid/mcp",
    headers: { Authorization: "Bearer ${TOKEN}" },
  } as const;
  for (const runtime of NAMES) {
    const hooks = {
      PreToolUse: [{ hooks: [{ type: "command", command: "see $TOKEN" }] }],
    } as const;
    const local = {
      type: "stdio",
      command: "run-it",
      // codex refuses it there
      args: runtime === "codex" ? [] : ["--key=${TOKEN}"],
      env: { TOKEN: "${TOKEN}" },
    } as const;
    const parts = runtime === "command" ? {} : { mcpServers: { local, far }, hooks };
    for (const mode of ["run", "chat"] as const) {
      const prepared = await prepare(world, runtime, {
        mode,
        role: "coder",
        secrets: { TOKEN: { kind: "file", name: "t" } },
        parts: { soul: "You know ${TOKEN} and $TOKEN.", ...parts },
      });
      const { launch, context, version } = prepared;
      const { env, answers, ...rest } = launch;
      equal(env["TOKEN"], secret, runtime);
      const edited = answers.map(({ path, edit }) => [path, edit(null)]);
      const shown = describeLaunch(prepared, await filesToWrite(prepared), []);
      for (const what of [rest, context, version, edited, shown, dryRunText(shown)]) {
        ok(!JSON.stringify(what).includes(secret), `${runtime} ${mode}: ${JSON.stringify(what)}`);
      }
    }
  }
});

Deno.test("R19: who cannot tell that a hook refused the task says so beforehand", async () => {
  await using world = await worldOfRuntimes();
  const hooks = {
    UserPromptSubmit: [{ hooks: [{ type: "command", command: "exit 2" }] }],
  } as const;
  for (const runtime of ["claude", "codex", "opencode", "copilot", "gemini"] as const) {
    const plain = await prepare(world, runtime, {});
    const { launch } = await prepare(world, runtime, { parts: { hooks } });
    equal(plain.launch.notes.join().includes("hook"), false, runtime);
    equal(launch.notes.some((note) => /hook.*refuse/.test(note)), true, runtime);
  }
});
