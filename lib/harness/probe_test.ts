import assert from "node:assert/strict";
import { HARNESS_NAMES, harnessFor } from "./mod.ts";
import { declaredOptions, probe, type Probings } from "./probe.ts";
import { isRunning } from "./process_info.ts";
import { testDirs, testRequest } from "./test_request.ts";
import type { Harness, Probe, Probed } from "./types.ts";

const PROBES: readonly Probe[] = [
  { args: ["--help"], words: { start: ["-c"], model: ["--model"] } },
  { args: ["exec", "--help"], words: { model: ["--model"], outputFormats: ["--json", "fast"] } },
];

const HELP = `Usage: agent

Options:
  -c, --config <key=value>  See also --model
  -m, --model <MODEL>       The model
`;
const EXEC_HELP = `Options:
      --json           As JSON [fast, slow]
      --model <MODEL>  The model
`;

/** What the probes find in a program that is this script. */
async function probed(body: string, limitMs?: number): Promise<Probings> {
  const dir = await Deno.makeTempDir({ prefix: "kas-probe-" });
  try {
    const file = `${dir}/agent`;
    await Deno.writeTextFile(`${dir}/help`, HELP);
    await Deno.writeTextFile(`${dir}/exec`, EXEC_HELP);
    await Deno.writeTextFile(file, `#!/bin/sh\nhere=${dir}\n${body}\n`, { mode: 0o700 });
    const hostEnv = { PATH: "/usr/bin:/bin", AGENT_KEY: "k", OTHER: "o" };
    return await probe({ probes: PROBES, envNames: ["AGENT_*"] }, [file, "lead"], hostEnv, limitMs);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

const GOOD = `case "$*" in
  "lead --help") cat "$here/help";;
  "lead exec --help") cat "$here/exec" >&2;;
  *) exit 3;;
esac`;

Deno.test("probe() finds what is in the help, on stdout or stderr", async () => {
  assert.deepEqual(await probed(GOOD), {
    start: { state: "found" },
    model: { state: "found" },
    outputFormats: { state: "found" },
  });
});

Deno.test("probe() names what is missing with its subcommand, also when another help has it", async () => {
  const { start, model, outputFormats } = await probed(
    `sed -i -e '/--json/d' -e 's/--model <MODEL>/--models/' "$here/exec"\n${GOOD}`,
  );
  assert.deepEqual(start, { state: "found" });
  assert.deepEqual(model, { state: "missing", words: ["exec --model"] });
  assert.deepEqual(outputFormats, { state: "missing", words: ["exec --json", "exec fast"] });
});

Deno.test("probe() does not take an option that is only mentioned for one that is there", async () => {
  const { model } = await probed(`sed -i '/-m, --model/d' "$here/help"\n${GOOD}`);
  assert.deepEqual(model, { state: "missing", words: ["--model"] });
});

Deno.test("probe() says missing before unknown", async () => {
  const { start, model } = await probed(
    `sed -i '/-m, --model/d' "$here/help"\n[ "$2" = exec ] && exit 1\n${GOOD}`,
  );
  assert.deepEqual(start, { state: "found" });
  assert.deepEqual(model, { state: "missing", words: ["--model"] });
});

const USELESS: readonly (readonly [what: string, body: string, reason: RegExp])[] = [
  ["fails", "exit 7", /^it ends with 7$/],
  ["is killed", "kill -9 $$", /^it ends with SIGKILL$/],
  ["prints nothing", "exit 0", /^it prints nothing$/],
  ["prints bytes", `printf '  --model \\377\\376'`, /^it prints no text$/],
  ["prints NUL", `printf '  --model \\000'`, /^it prints no text$/],
  ["prints something else", "echo 1.2.3 --model", /^it prints no list of options$/],
  ["never stops printing", "exec yes '  --model'", /^it prints more than 256 KiB$/],
];

for (const [what, body, reason] of USELESS) {
  Deno.test(`probe() knows nothing of a program that ${what}`, async () => {
    for (const probing of Object.values(await probed(body))) {
      assert.equal(probing.state, "unknown");
      assert.match(probing.state === "unknown" ? probing.reason : "", reason);
    }
  });
}

/** A process that was killed takes a moment. */
async function isSoonOver(pid: number): Promise<boolean> {
  for (let look = 0; look < 500 && await isRunning(pid); look++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return !await isRunning(pid);
}

Deno.test("probe() ends a program that hangs, with what it started", async () => {
  const pids = await Deno.makeTempFile({ prefix: "kas-probe-" });
  try {
    const { start, model } = await probed(
      `sleep 600 &\necho $$ $! >> "${pids}"\ntrap '' TERM\nwait`,
      2000,
    );
    assert.deepEqual(start, { state: "unknown", reason: "no answer in 2 s" });
    assert.deepEqual(model, start);
    const started = (await Deno.readTextFile(pids)).trim().split(/\s+/).map(Number);
    assert.ok(started.length >= 2 && started.every((pid) => pid > 1), started.join(" "));
    for (const pid of started) assert.ok(await isSoonOver(pid), `${pid} still runs`);
  } finally {
    await Deno.remove(pids);
  }
});

Deno.test("probe() says why a program cannot be started, and asks none without probes", async () => {
  const harness = { probes: PROBES, envNames: [] };
  const { start } = await probe(harness, ["/nowhere/agent"], {});
  assert.equal(start?.state, "unknown");
  assert.deepEqual(await probe({ envNames: [] }, ["/nowhere/agent"], {}), {});
});

Deno.test("probe() hands on what the adapter needs of the environment, and reads no stdin", async () => {
  const { start } = await probed(
    `cat\n[ "$AGENT_KEY$OTHER" = k ] && [ "$PWD" = / ] || exit 5\n${GOOD}`,
  );
  assert.deepEqual(start, { state: "found" });
});

Deno.test("declaredOptions() reads the ways in which programs list their options", () => {
  const help = [
    "  -m, --model <name>     Text with --other",
    "  --allowedTools, --allowed-tools <tools...>",
    "      --port          port to listen on",
    "\t-o FILE, --output FILE  Where to",
    "  -r, --resume [value]   Text",
    "      --stream=<mode>",
    "--plain",
    "Text --no",
    "                         --wrapped, --text",
    "  - a point of a list",
    "  -x",
  ].join("\r\n");
  assert.deepEqual([...declaredOptions(help)], [
    "-m",
    "--model",
    "--allowedTools",
    "--allowed-tools",
    "--port",
    "-o",
    "--output",
    "-r",
    "--resume",
    "--stream",
    "--plain",
    "-x",
  ]);
});

/** Options that are rendered and are in no help, or not by that name. */
const HIDDEN: Readonly<Record<string, readonly string[]>> = {
  claude: ["--append-system-prompt-file", "--max-turns", "--system-prompt-snapshot"],
};

/** Every option and value an adapter renders, over all that an agent can ask for. */
async function rendered(harness: Harness): Promise<{ options: Set<string>; words: string }> {
  await using dirs = await testDirs();
  const command = `${dirs.root}/ship.md`;
  await Deno.writeTextFile(command, "Ship it.\n");
  const options = new Set<string>();
  const words: string[] = [];
  const hook = [{ hooks: [{ type: "command" as const, command: "x" }] }];
  const parts = {
    soul: "Be exact.",
    skills: { deploy: "/agent/skills/deploy" },
    commands: { ship: command },
    hooks: { PreToolUse: hook },
    mcpServers: { docs: { type: "http" as const, url: "http://127.0.0.1:1", headers: {} } },
  };
  const raws = [null, "write"];
  for (const mode of ["chat", "run"] as const) {
    for (const permission of harness.capabilities.permissions) {
      for (const permissionRaw of raws) {
        for (const outputFormat of harness.capabilities.outputFormats) {
          for (const resume of [null, "last", "5f0f6a3e-0000-4000-8000-000000000001"]) {
            const { argv } = await harness.render(testRequest(dirs, {
              ...{ mode, permission, permissionRaw, outputFormat, resume, parts },
              ...{ model: "m", effort: "high", maxTurns: 3, strict: true },
              task: "long ".repeat(60_000),
              cwd: dirs.root,
              env: { KASMOS_SESSION: "7" },
            }));
            const end = argv.indexOf("--");
            words.push(...argv);
            for (const word of argv.slice(1, end === -1 ? undefined : end)) {
              const option = /^--?[a-z][\w-]*/i.exec(word)?.[0];
              if (option !== undefined) options.add(option);
            }
          }
        }
      }
    }
  }
  return { options, words: words.join("\n") };
}

for (const name of HARNESS_NAMES) {
  const harness = harnessFor(name);
  const { probes } = harness;
  if (probes === undefined) continue;

  Deno.test(`${name} is asked for the very options it is started with`, async () => {
    const { options, words } = await rendered(harness);
    const asked = new Set(probes.flatMap((one) => Object.values(one.words).flat()));
    const isOption = (word: string) => /^--?[\w-]+$/.test(word);
    assert.deepEqual(
      [...asked].filter(isOption).sort(),
      [...options].filter((option) => HIDDEN[name]?.includes(option) !== true).sort(),
    );
    for (const value of [...asked].filter((word) => !word.startsWith("-"))) {
      assert.ok(words.includes(value), value);
    }
  });

  Deno.test(`${name} is asked for nothing it is not able to`, () => {
    const { capabilities } = harness;
    for (const capability of probes.flatMap((one) => Object.keys(one.words) as Probed[])) {
      if (capability === "start") continue;
      const able = capabilities[capability];
      assert.ok(able !== false && able !== "none", capability);
    }
  });
}
