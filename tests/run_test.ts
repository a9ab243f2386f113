import { deepEqual, equal, match, ok } from "node:assert/strict";
import { inWorld, type Run, type World } from "../commands/_testing.ts";
import { harnessFor } from "../lib/harness/mod.ts";
import { isRunning } from "../lib/harness/process_info.ts";
import { addAgent, appears, filesUnder, kas, sh, until } from "./support/run_world.ts";

Deno.test("R22: a task arrives as it is, by option, word, file and pipe", async () => {
  await inWorld(async (world) => {
    await addAgent(world, "echo", "exec cat");
    const task = '- do "x"\n\t--help $(touch no) \u{1F600}\r\n';
    await Deno.writeTextFile(`${world.dir}/task.md`, task);
    const ways: [string[], string?][] = [
      [[`--task=${task}`]],
      [["--task-file", `${world.dir}/task.md`]],
      [["--task-file", "-"], task],
      [["-"], task],
      [[], task],
    ];
    for (const [argv, stdin] of ways) {
      const run = await kas(world, ["run", "-a", "echo", ...argv], { stdin });
      deepEqual([run.code, run.out, run.err], [0, task, ""], argv.join(" "));
    }
    const word = await kas(world, ["run", "-a", "echo", "fix the login"], {});
    equal(word.out, "fix the login");
    const nul = await kas(world, ["run", "-a", "echo"], { stdin: "a\0b" });
    equal(nul.out, "a\0b");
  });
});

Deno.test("R48: what is piped in is added to a task, so that runs compose in a shell", async () => {
  await inWorld(async (world) => {
    await addAgent(world, "researcher", `sed 's/^/found: /'`);
    await addAgent(world, "writer", "exec cat");
    const { out, code } = await sh(
      world,
      `kas run -a researcher --task facts | kas run -a writer --task 'Sum this up'`,
    );
    deepEqual([out, code], ["Sum this up\n\nfound: facts", 0]);
  });
});

Deno.test("R23: without a task nothing is started", async () => {
  await inWorld(async (world) => {
    await addAgent(world, "echo", "exec cat");
    const onTerminal = await world.run(["run", "-a", "echo"], { tty: true });
    deepEqual([onTerminal.code, onTerminal.out], [2, ""]);
    match(onTerminal.err, /Cannot run without a task[^]*--task/);
    equal((await kas(world, ["run", "-a", "echo"], {})).code, 2);
    equal((await kas(world, ["run", "-a", "echo", "--task="], {})).code, 2);
    equal((await kas(world, ["run", "-a", "echo", "-"], { stdin: " \n" })).code, 2);
  });
});

Deno.test("R26-R30: the agent is an option like others, and wrong words end with 2", async () => {
  await inWorld(async (world) => {
    await addAgent(world, "echo", `printf '%s|' "$@"`);
    const lines: [string[], RegExp][] = [
      [["-a"], /Missing value for -a/],
      [["-aecho", "--task", "x"], /Unknown option/],
      [["-a", "echo", "--runtime-flag", "--agent=x", "--task", "x"], /--runtime-flag/],
      [["-a", "echo", "--frobnicate", "--task", "x"], /Unknown option/],
      [["-a", "echo", "--permission", "root", "--task", "x"], /ask, auto, yolo/],
      [["-a", "echo", "--runtime", "cluade", "--task", "x"], /claude/],
      [["-a", "echo", "--max-turns", "0", "--task", "x"], /--max-turns/],
      [["-a", "echo", "--stream", "--output", "json", "--task", "x"], /--stream/],
      [["-a", "echo", "--task", "x", "--task-file", "y"], /--task-file/],
      [["-a", "../../etc", "--task", "x"], /agent name/],
      [["-a", "echo", "fix", "the", "tests"], /"the" beside the task/],
      [["-a", "echo", "--task", "x", "-v"], /Unknown option/],
      [["-a", "echo", "--task", "x", "y", "--", "z"], /"y" beside the task/],
      [["-a", "echo", "--", "x"], /without a task/],
    ];
    for (const [argv, message] of lines) {
      const run = await world.kas("run", ...argv);
      deepEqual([run.code, run.out], [2, ""], argv.join(" "));
      match(run.err, message);
    }
    const ghost = await world.kas("run", "-a", "ecko", "--task", "x");
    equal(ghost.code, 1);
    match(ghost.err, /Did you mean "echo"/);
    const passed = await kas(world, [
      ...["run", "-a", "echo", "--task", "x", "--runtime-flag=--agent=y"],
      ...["--runtime-flag=-v", "--", "-a", "z", "--task"],
    ], {});
    equal(passed.out, "--agent=y|-v|-a|z|--task|");
    const flag = ["run", "-a", "echo", "--task", "-v", "--runtime-flag", "-v"];
    equal((await kas(world, flag, {})).out, "-v|");
  });
});

Deno.test("R31: no variable selects an agent", async () => {
  await inWorld(async (world) => {
    await addAgent(world, "chat", "echo chat");
    await addAgent(world, "coder", "echo coder");
    const env = { KASMOS_AGENT: "coder", KMAN_SELECTED_AGENT: "coder" };
    equal((await kas(world, ["run", "--task", "x"], { env })).out, "chat\n");
  });
});

Deno.test("R18, R20, R21: what is wrong is found before anything is started", async () => {
  await inWorld(async (world) => {
    const started = `${world.dir}/started`;
    const folder = await addAgent(world, "echo", `echo > ${started}`);
    const run = (...more: string[]) => world.kas("run", "-a", "echo", "--task", "x", ...more);
    const cases: [() => Promise<Run>, number, RegExp][] = [
      [() => run("--cwd", "/nope"), 1, /no such folder/],
      [() => run("--cwd", `${folder}/agent.toml`), 2, /not a folder/],
      [() => run("--runtime", "gemini"), 4, /gemini/],
    ];
    for (const [what, code, message] of cases) {
      const done = await what();
      equal(done.code, code, done.err);
      match(done.err, message);
    }
    await Deno.writeTextFile(`${folder}/mcp.json`, '{ "mcpServers": { ');
    const broken = await run();
    deepEqual([broken.code, /mcp\.json/.test(broken.err)], [2, true], broken.err);
    await Deno.remove(`${folder}/mcp.json`);
    await Deno.remove(`${folder}/soul.md`);
    const soulless = await run();
    deepEqual([soulless.code, /soul\.md/.test(soulless.err)], [2, true], soulless.err);
    equal(await Deno.lstat(started).catch(() => null), null);
  });
});

Deno.test("R4: exit statuses are kas's own, the runtime's stands beside them", async () => {
  await inWorld(async (world) => {
    await addAgent(world, "ends", 'eval "$(cat)"');
    const cases: [string, number, Record<string, unknown>][] = [
      ["exit 0", 0, { exit_reason: "completed", exit_code: 0, signal: null }],
      ["exit 3", 1, { exit_reason: "failed", exit_code: 3, signal: null }],
      ["echo no credit >&2; exit 4", 1, {
        exit_reason: "failed",
        exit_code: 4,
        error: "command exited with 4: no credit",
      }],
      ["kill -KILL $$", 137, { exit_reason: "killed", exit_code: null, signal: "SIGKILL" }],
      ["kill -SEGV $$", 139, { exit_reason: "killed", exit_code: null, signal: "SIGSEGV" }],
    ];
    for (const [task, status, fields] of cases) {
      const plain = await kas(world, ["run", "-a", "ends", "--task", task], {});
      equal(plain.code, status, task);
      const json = await kas(world, ["run", "-a", "ends", "--json", "--task", task], {});
      equal(json.code, status, task);
      const envelope = JSON.parse(json.out);
      for (const [key, value] of Object.entries(fields)) deepEqual(envelope[key], value, task);
      if (status !== 0) match(plain.err, /error: Agent ends: command/);
    }
  });
});

Deno.test("a secret that a runtime prints as it fails is not repeated by kas", () =>
  inWorld(async (world) => {
    const folder = `${world.paths.configDir}/secrets`;
    await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
    await Deno.chmod(folder, 0o700);
    await Deno.writeTextFile(`${folder}/github`, "planted-secret\n", { mode: 0o600 });
    const toml = `[env.secret]\nGITHUB_TOKEN = "file:github"`;
    await addAgent(world, "leaky", 'echo "bad token $GITHUB_TOKEN" >&2; exit 1', toml);
    const run = await kas(world, ["run", "-a", "leaky", "--json", "--task", "x"], {});
    equal(run.code, 1, run.err);
    match(JSON.parse(run.out).error, /bad token <GITHUB_TOKEN>/);
    equal((run.out + run.err).includes("planted-secret"), false);
  }));

Deno.test("--json is one object with the same keys for every runtime and end", async () => {
  await inWorld(async (world) => {
    await addAgent(world, "quiet", "exit 0");
    await addAgent(world, "binary", "printf 'a\\377b'");
    const keys = "agent,runtime,version,session_id,result,exit_reason,exit_code,signal,error," +
      "usage,duration_ms,notes";
    const quiet = JSON.parse(
      (await kas(world, ["run", "-a", "quiet", "--json", "--task", "x"], {})).out,
    );
    equal(Object.keys(quiet).join(","), keys);
    deepEqual([quiet.result, quiet.notes], ["", ["command ended well but printed nothing"]]);
    const binary = await kas(world, ["run", "-a", "binary", "--json", "--task", "x"], {});
    const envelope = JSON.parse(binary.out);
    equal(envelope.result, "a\ufffdb");
    match(envelope.notes[0], /not UTF-8/);
    const said = await kas(world, ["run", "-a", "quiet", "--task", "x"], {});
    deepEqual([said.code, said.out], [0, ""]);
    match(said.err, /printed nothing/);
  });
});

Deno.test("--json of a run that was cut off says by what session it goes on", async () => {
  await inWorld(async (world) => {
    const event: Record<string, string> = {
      claude: '{"type":"system","subtype":"init","session_id":"s-1"}',
      gemini: '{"type":"init","session_id":"s-1"}',
    };
    for (const [name, line] of Object.entries(event)) {
      const harness = harnessFor(name);
      const program = `${world.dir}/${name}.sh`;
      const script = `#!/bin/sh\ncase "$*" in
        *--version*) echo ${harness.minVersion};;
        *stream-json*) echo '${line}'; exec sleep 60;;
      esac\n`;
      await Deno.writeTextFile(program, script, { mode: 0o700 });
      const env = { [harness.programVariable]: program };
      const argv = ["run", "--runtime", name, "--json", "--timeout", "0.02", "--task", "x"];
      const run = await kas(world, argv, { env });
      const { exit_reason, session_id } = JSON.parse(run.out);
      deepEqual([run.code, exit_reason, session_id], [1, "timeout", "s-1"], run.err);
    }
  });
});

Deno.test("R41: a time limit ends the agent and says so", async () => {
  await inWorld(async (world) => {
    await addAgent(world, "slow", "sleep 600");
    const argv = ["run", "-a", "slow", "--timeout", "0.005", "--task", "x"];
    const run = await kas(world, [...argv, "--json"], {});
    equal(run.code, 1);
    equal(JSON.parse(run.out).exit_reason, "timeout");
    match(run.err, /its time was over/);
  });
});

Deno.test("a signal to kas reaches the agent and all it started, and nothing is left", async () => {
  await inWorld(async (world) => {
    const pids = `${world.dir}/pids`;
    await addAgent(world, "slow", `sleep 600 & echo "$$ $!" > ${pids}; wait`);
    const signals = [["SIGINT", 130], ["SIGTERM", 143], ["SIGHUP", 129], ["SIGQUIT", 131]] as const;
    for (const [signal, status] of signals) {
      const child = world.command(["run", "-a", "slow", "--task", "x"]).spawn();
      const [agent = "", below = ""] = (await appears(pids)).split(" ");
      child.kill(signal);
      const { code, stderr } = await child.output();
      equal(code, status, new TextDecoder().decode(stderr));
      await until(async () =>
        !(await isRunning(Number(agent))) && !(await isRunning(Number(below)))
      );
      deepEqual(await filesUnder(`${world.paths.stateDir}/runtime`), []);
      deepEqual(await world.store.tokens({ live: Date.now() }), []);
      await Deno.remove(pids);
    }
  });
});

Deno.test("when its reader goes the agent is ended", async () => {
  await inWorld(async (world) => {
    const pid = `${world.dir}/pid`;
    const body = `echo $$ > ${pid}; while :; do echo line; sleep 0.01; done`;
    await addAgent(world, "chatty", body);
    const run = await sh(
      world,
      "{ kas run -a chatty --task x; echo $? > status; } | head -1; cat status",
    );
    equal(run.out, "line\n141\n");
    await until(async () => !(await isRunning(Number(await appears(pid)))));
    const full = await sh(world, "kas run -a chatty --task x > /dev/full; echo $?");
    equal(full.out, "1\n");
    match(full.err, /Cannot write the answer: No space left/);
  });
});

Deno.test("folders of runs that were killed are swept by the next, not while the agent lives", async () => {
  await inWorld(async (world) => {
    const pid = `${world.dir}/pid`;
    await addAgent(world, "slow", `echo $$ > ${pid}; exec sleep 600`);
    await addAgent(world, "echo", "exec cat");
    const child = world.command(["run", "-a", "slow", "--task", "x"]).spawn();
    const agent = await appears(pid);
    const runtime = `${world.paths.stateDir}/runtime`;
    await until(async () =>
      (await filesUnder(runtime)).some((path) => path.endsWith("/owner")) &&
      (await Promise.all(
        (await filesUnder(runtime)).filter((path) => path.endsWith("/owner")).map((path) =>
          Deno.readTextFile(path)
        ),
      )).every((text) => text !== "")
    );
    child.kill("SIGKILL");
    await child.status;
    // the agent still holds what it got of kas
    await Promise.all([child.stdout.cancel(), child.stderr.cancel()]);
    const again = () => kas(world, ["run", "-a", "echo", "--task", "x"], {});
    equal((await again()).code, 0);
    ok((await filesUnder(runtime)).length > 0);
    Deno.kill(Number(agent), "SIGKILL");
    await until(async () => !(await isRunning(Number(agent))));
    equal((await again()).code, 0);
    deepEqual(await filesUnder(runtime), []);
  });
});

Deno.test("two launches of one agent at once do not disturb each other", async () => {
  await inWorld(async (world) => {
    await addAgent(world, "echo", 'sleep 0.1; cat "$KASMOS_PROMPT_FILE"; ls "$KAS_AGENT_DIR/.."');
    const runs = await Promise.all(
      ["one", "two", "three"].map((task) => kas(world, ["run", "-a", "echo", "--task", task], {})),
    );
    deepEqual(runs.map(({ code, out }) => [code, out.split("\n")[0]?.slice(0, 5)]), [
      [0, "oneag"],
      [0, "twoag"],
      [0, "three"],
    ]);
    deepEqual(await filesUnder(`${world.paths.stateDir}/runtime`), []);
  });
});

Deno.test("--dry-run shows everything but values, and leaves no trace", async () => {
  await inWorld(async (world) => {
    const list = 'cd "$KAS_AGENT_DIR/.." && find * -type f ! -name owner | ' +
      'while read -r file; do echo "$file" $(wc -c < "$file"); done';
    const folder = await addAgent(world, "echo", list, '[env.set]\nMODE = "value-of-mode"');
    for (const part of ["skills/tdd/SKILL.md", "skills/tdd/more/a.md", "scripts/x", "bin/y"]) {
      await Deno.mkdir(`${folder}/${part}`.replace(/[^/]*$/, ""), { recursive: true });
      await Deno.writeTextFile(`${folder}/${part}`, "---\nname: tdd\n---\n", { mode: 0o755 });
    }
    const before = await filesUnder(world.dir);
    const argv = ["run", "-a", "echo", "--task", "four", "--dry-run"];
    const dry = await kas(world, [...argv, "--json"], {});
    equal(dry.code, 0, dry.err);
    const shown = JSON.parse(dry.out);
    equal(shown.context.agent, "echo");
    equal(shown.argv.at(-1), `${world.dir}/echo.sh`);
    ok(shown.env.includes("MODE") && shown.env.includes("KASMOS_IDENTITY"));
    const files: { path: string; bytes: number }[] = shown.files;
    ok(files.some(({ path, bytes }) => path.endsWith("/prompt.md") && bytes === 4));
    const text = await kas(world, argv, {});
    match(text.out, /Would run in .*\/repo/);
    ok(!`${dry.out}${text.out}`.includes("value-of-mode"));
    deepEqual(await filesUnder(world.dir), before);
    const run = await kas(world, argv.slice(0, -1), {});
    const inside = files.map(({ path, bytes }) =>
      `${path.split("/runtime/echo/")[1]?.replace(/^[^/]*\//, "")} ${bytes}`
    );
    deepEqual(inside, run.out.trim().split("\n").sort());
  });
});

Deno.test("a state folder that cannot be made is explained", async () => {
  await inWorld(async (world) => {
    await addAgent(world, "echo", "exec cat");
    await Deno.writeTextFile(`${world.dir}/blocked`, "");
    const env = { KASMOS_STATE_DIR: `${world.dir}/blocked/state` };
    const run = await kas(world, ["run", "-a", "echo", "--task", "x"], { env });
    equal(run.code, 2);
    match(run.err, /Cannot write the launch folder[^]*KASMOS_STATE_DIR/);
    deepEqual(await world.store.tokens({ live: Date.now() }), []);
  });
});

Deno.test("--worktree gives the run a worktree and branch of its own", async () => {
  await inWorld(async (world: World) => {
    await addAgent(world, "coder", "pwd; git branch --show-current; echo x > made");
    const argv = ["run", "-a", "coder", "--worktree", "fix-login", "--task", "x"];
    const run = await kas(world, argv, {});
    equal(run.code, 0, run.err);
    const path = `${world.repo}/.worktrees/run-fix-login`;
    equal(run.out, `${path}\nrun/fix-login\n`);
    equal(await Deno.readTextFile(`${path}/made`), "x\n");
    equal((await kas(world, argv, {})).code, 1);
  });
});

Deno.test("a signal that kas was started to ignore stays ignored, as under nohup", async () => {
  await inWorld(async (world) => {
    const go = `${world.dir}/go`;
    await addAgent(world, "slow", `while ! test -e ${go}; do sleep 0.02; done; echo done`);
    const line = `trap '' HUP; kas run -a slow --task x > out & sleep 0.5
kill -HUP $!; sleep 0.2; echo > ${go}; wait $!; echo $?; cat out`;
    equal((await sh(world, line)).out, "0\ndone\n");
  });
});
