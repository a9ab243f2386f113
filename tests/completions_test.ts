/** Completion in real shells, against a real store; those that are not installed are skipped. */
import assert from "node:assert/strict";
import { inWorld, type World } from "../commands/_testing.ts";

const MAIN = new URL("../main.ts", import.meta.url).pathname;

async function has(program: string): Promise<boolean> {
  try {
    await new Deno.Command(program, { args: ["--version"], stdout: "null", stderr: "null" })
      .output();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Tasks, an instance, a decision and an agent, and a `kas` on the PATH. */
async function furnish(world: World): Promise<Record<string, string>> {
  const bin = `${world.dir}/bin`;
  await Deno.mkdir(bin);
  const program = `#!/bin/sh\nexec '${Deno.execPath()}' run -A --quiet '${MAIN}' "$@"\n`;
  await Deno.writeTextFile(`${bin}/kas`, program, { mode: 0o755 });
  await world.ok("task", "create", "add-login", "--description", "Let people\tlog in");
  await world.ok("task", "create", "add-logout", "--description", "b");
  await world.ok("task", "create", "zebra", "--description", "c");
  await world.ok("agent", "create", "painter", "--description", "Paints");
  const { id } = await world.session({ title: "helper-1" });
  await world.store.commit([{
    kind: "decision_open",
    decision: {
      key: "k",
      projectId: world.projectId,
      taskId: null,
      sessionId: id,
      kind: "stuck_agent",
      question: "Go on?",
      detail: "",
      options: [{ id: "wait", label: "Wait" }, { id: "restart", label: "Again" }],
    },
  }]);
  await Deno.mkdir(`${world.repo}/notes`);
  await Deno.writeTextFile(`${world.repo}/note.md`, "");
  return { ...world.env, PATH: `${bin}:${world.env.PATH}`, TERM: "xterm" };
}

async function sh(argv: readonly string[], cwd: string, env: Record<string, string>) {
  const [program = "", ...args] = argv;
  const { stdout, stderr } = await new Deno.Command(program, {
    args,
    cwd,
    env,
    clearEnv: true,
    stdin: "null",
  }).output();
  assert.equal(new TextDecoder().decode(stderr), "");
  return new TextDecoder().decode(stdout);
}

const names = (text: string): string[] => text.split("\n").filter((line) => !/^(:|$)/.test(line));

Deno.test("kas complete looks names up in the store", () =>
  inWorld(async (world) => {
    await furnish(world);
    const of = async (...words: string[]) =>
      names(await world.ok("complete", "bash", "--", ...words));
    assert.deepEqual(await of("task", "start", ""), ["add-login", "add-logout", "zebra"]);
    assert.deepEqual(await of("t", "show", "z"), ["zebra"]);
    assert.deepEqual(await of("t", "show", "zebra"), ["zebra"]);
    assert.deepEqual(await of("t", "show", "add-logo"), ["add-logout"]);
    assert.deepEqual(await of("instance", "kill", ""), ["helper-1"]);
    assert.deepEqual(await of("decision", "answer", ""), ["1"]);
    assert.deepEqual(await of("decision", "answer", "1", ""), ["wait", "restart"]);
    assert.deepEqual(await of("agent", "show", "pa"), ["painter"]);
    assert.deepEqual(await of("task", "transition", "zebra", "plan"), [
      "plan_start",
      "planner_finished",
    ]);
    assert.deepEqual(await of("config", "get", "ui.auto_r"), [
      "ui.auto_review_fix",
      "ui.auto_readiness_review",
    ]);
    assert.deepEqual(await of("service", "logs", "d"), ["daemon"]);
    assert.deepEqual(await of("help", "exit"), ["exit-codes"]);
    assert.deepEqual(await of("help", "tas"), ["task"]);
    const zsh = await world.ok("complete", "zsh", "--", "task", "start", "add-logi");
    assert.equal(zsh.split("\n")[0]?.startsWith("add-login\tready: Let people"), true, zsh);
  }));

Deno.test("kas complete says nothing when something is wrong", () =>
  inWorld(async (world) => {
    await Deno.writeTextFile(world.paths.userConfig, "broken = = 1\n");
    const { code, out, err } = await world.kas("complete", "bash", "--", "config", "get", "");
    assert.deepEqual([code, out, err], [0, ":none\n", ""]);
    const odd = await world.kas("complete", "bash", "--", "no", "such", "--", "");
    assert.deepEqual([odd.code, odd.out, odd.err], [0, ":none\n", ""]);
    const outside = await world.run(["complete", "bash", "--", "task", "show", ""], { cwd: "/" });
    assert.deepEqual([outside.code, outside.out, outside.err], [0, ":none\n", ""]);
  }));

const BASH = `source <(kas completions bash)
ask() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _kas kas "\${@: -1}" "\${@: -2:1}"
  printf '%s\\n' "\${COMPREPLY[@]}"; echo .; }
complete -p kas
ask kas task start ad
ask kas task list --status = rea
ask kas task check note.
ask kas run --cwd no
ask kas task nope ''
`;

Deno.test({
  name: "the script for bash completes in bash",
  ignore: !(await has("bash")),
  fn: () =>
    inWorld(async (world) => {
      const env = await furnish(world);
      const out = await sh(["bash", "--norc", "-c", BASH], world.repo, env);
      assert.deepEqual(out.split(/\n?\.\n/).slice(0, 5), [
        "complete -F _kas kas\nadd-login\nadd-logout",
        "ready",
        "note.md",
        "notes",
        "",
      ]);
    }),
});

Deno.test({
  name: "the script for fish completes in fish",
  ignore: !(await has("fish")),
  fn: () =>
    inWorld(async (world) => {
      const env = await furnish(world);
      const ask = async (line: string) => {
        const script = "kas completions fish | source; complete -C $argv[1]";
        return names(await sh(["fish", "--no-config", "-c", script, line], world.repo, env));
      };
      assert.deepEqual(await ask("kas task start add-logi"), [
        "add-login\tready: Let people log in",
      ]);
      assert.deepEqual(await ask("kas task list --status=rea"), ["--status=ready"]);
      assert.match((await ask("kas demo --k")).join("\n"), /^--keep\t\S[^\n]*$/);
      assert.ok((await ask("kas ")).some((line) => line.startsWith("task\t")));
      assert.match((await ask("kas run --cwd not")).join(" "), /^notes\/(\tDirectory)?$/);
    }),
});

/** A shell in a terminal of tmux; keys go in, the screen comes out. */
async function inTerminal(
  world: World,
  env: Record<string, string>,
  argv: readonly string[],
  body: (
    type: (keys: string) => Promise<void>,
    see: (what: RegExp) => Promise<string>,
  ) => Promise<void>,
): Promise<void> {
  const tmux = async (...args: string[]): Promise<string> => {
    const { stdout } = await new Deno.Command("tmux", {
      args: ["-S", `${world.dir}/shell.sock`, "-f", "/dev/null", ...args],
      cwd: world.repo,
      env,
      clearEnv: true,
      stderr: "null",
    }).output();
    return new TextDecoder().decode(stdout);
  };
  try {
    await tmux("new-session", "-d", "-s", "s", "-x", "100", "-y", "30", "--", ...argv);
    let screen = "";
    await body(
      async (keys) => void await tmux("send-keys", "-t", "s", "-l", "--", keys),
      async (what) => {
        for (let n = 0; n < 300; n++) {
          screen = await tmux("capture-pane", "-p", "-t", "s");
          if (what.test(screen)) return screen;
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
        throw new Error(`${what} did not come:\n${screen.trimEnd()}`);
      },
    );
  } finally {
    await tmux("kill-server");
  }
}

Deno.test({
  name: "the Tab key completes in an interactive bash",
  ignore: !(await has("bash")),
  fn: () =>
    inWorld(async (world) => {
      const env = await furnish(world);
      const rc = `${world.dir}/bashrc`;
      await Deno.writeTextFile(
        rc,
        "PS1='go> '\nbind 'set bell-style none'\nsource <(kas completions bash)\n",
      );
      await inTerminal(world, env, ["bash", "--noprofile", "--rcfile", rc], async (type, see) => {
        await see(/go>/);
        await type("kas task start z\t");
        await see(/go> kas task start zebra\b/);
        await type("\x15kas task list --status=pl\t");
        await see(/go> kas task list --status=planning\b/);
      });
    }),
});

Deno.test({
  name: "the Tab key completes in an interactive zsh",
  ignore: !(await has("zsh")),
  fn: () =>
    inWorld(async (world) => {
      const env = { ...await furnish(world), ZDOTDIR: world.dir };
      await Deno.writeTextFile(
        `${world.dir}/.zshrc`,
        "PS1='go> '\nautoload -U compinit; compinit -u -D\nsource <(kas completions zsh)\n",
      );
      await inTerminal(world, env, ["zsh", "-i"], async (type, see) => {
        await see(/go>/);
        await type("kas task start z\t");
        await see(/go> kas task start zebra/);
        await type("\x15kas task list --status=pl\t");
        await see(/go> kas task list --status=planning/);
        await type("\x15kas decision answer 1 \t");
        await see(/restart +-- Again/);
      });
    }),
});
