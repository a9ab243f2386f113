import assert from "node:assert/strict";
import { BIG_PLAN, inWorld, PLAN } from "./_testing.ts";

const exists = async (path: string) =>
  await Deno.lstat(path).then(() => true, (error) => {
    assert.ok(error instanceof Deno.errors.NotFound);
    return false;
  });

Deno.test("kas task create, list and show keep what was given", () =>
  inWorld(async (world) => {
    await Deno.writeTextFile(`${world.dir}/plan.md`, PLAN);
    const out = await world.ok("task", "create", "add-login", "--content-file", "../plan.md");
    assert.equal(out, "created: add-login on plan/add-login\n");
    await world.ok("t", "create", "docs.md", "--description", "Write docs", "--topic", "text");
    const [login, docs, ...rest] = await world.json<Record<string, unknown>[]>("task", "list");
    assert.deepEqual(rest, []);
    assert.deepEqual(
      [login?.name, login?.description, login?.goal, login?.base_branch, login?.state],
      ["add-login", "Add login", "People can log in", "main", "ready"],
    );
    assert.deepEqual(
      [docs?.name, docs?.description, docs?.topic, docs?.branch],
      ["docs", "Write docs", "text", "plan/docs"],
    );
    assert.equal(await world.ok("task", "show", "add-login.md"), PLAN);
    const shown = await world.json("task", "show", "add-login");
    assert.deepEqual(
      [shown.content, shown.subtasks, shown.decisions, shown.instances, shown.signals],
      [PLAN, [], [], [], []],
    );
    const empty = await world.kas("task", "show", "docs");
    assert.deepEqual([empty.code, empty.out], [1, ""]);
    assert.match(empty.err, /^error: no content stored for "docs"\n/);
  }));

Deno.test("kas task list filters by status and topic, and hides cancelled tasks", () =>
  inWorld(async (world) => {
    assert.equal(await world.ok("task", "list"), "no tasks found\n");
    for (const name of ["a", "b", "c"]) await world.ok("task", "create", name, "--topic", "x");
    await world.ok("task", "create", "d");
    await world.ok("task", "set-status", "b", "cancelled", "--force");
    await world.ok("task", "set-status", "c", "done", "--force");
    const names = async (...argv: string[]) =>
      (await world.json<{ name: string }[]>("task", "list", ...argv)).map((row) => row.name);
    assert.deepEqual(await names(), ["a", "c", "d"]);
    assert.deepEqual(await names("--status", "cancelled,done"), ["b", "c"]);
    assert.deepEqual(await names("--topic", "x", "--limit", "1"), ["a"]);
    const page = await world.kas("task", "list", "--limit", "2");
    assert.equal(page.err, "There are more tasks; --all shows them\n");
    assert.equal((await world.kas("task", "list", "--limit", "3")).err, "");
    assert.deepEqual(await names("--all"), ["a", "c", "d"]);
    assert.match(await world.ok("task", "list"), /^NAME +STATUS +BRANCH +TOPIC +UPDATED\na +ready/);
    const bad = await world.kas("task", "list", "--status", "open");
    assert.equal(bad.code, 2);
    assert.match(bad.err, /unknown status "open"\nhint: Choose from: ready, planning/);
    assert.match((await world.kas("task", "list", "--limit", "0")).err, /limit must be > 0/);
  }));

Deno.test("kas task works below the repository, in its worktrees and with --repo", () =>
  inWorld(async (world) => {
    await world.ok("task", "create", "one");
    await Deno.mkdir(`${world.repo}/sub`);
    await world.git(["worktree", "add", "-q", `${world.dir}/tree`, "-b", "other"]);
    for (const cwd of [`${world.repo}/sub`, `${world.dir}/tree`]) {
      assert.match((await world.run(["task", "list"], { cwd })).out, /^one +ready/m);
      assert.equal((await world.run(["task", "show", "one", "--json"], { cwd })).code, 0);
    }
    const cwd = world.dir;
    const outside = await world.run(["task", "list"], { cwd });
    assert.equal(outside.code, 1);
    assert.match(outside.err, /^error: kas must be run from within a git repository\n/);
    assert.match((await world.run(["task", "list", "--repo", "repo"], { cwd })).out, /^one/m);
    assert.equal(
      (await world.run(["task", "show", "one", "--json", "--repo", "repo"], { cwd })).code,
      0,
    );
    assert.equal((await world.store.projects()).length, 1);
  }));

Deno.test("kas task refuses folders that are no usable repository and leaves no trace", () =>
  inWorld(async (world) => {
    const fresh = `${world.dir}/fresh`;
    await world.git(["init", "-q", fresh], world.dir);
    await Deno.mkdir(`${world.dir}/plain`);
    const env = { KASMOS_HOME: `${world.dir}/other-home` };
    const run = (cwd: string, ...argv: string[]) => world.command(argv, { cwd, env }).output();
    const [empty, none] = await Promise.all([
      run(fresh, "task", "list"),
      run(`${world.dir}/plain`, "task", "create", "x"),
    ]);
    assert.equal(empty.code, 3);
    assert.match(new TextDecoder().decode(empty.stderr), /has no commit yet/);
    assert.equal(none.code, 1);
    assert.match(new TextDecoder().decode(none.stderr), /within a git repository/);
    assert.equal(await exists(`${world.dir}/other-home`), false);
  }));

Deno.test("kas task create refuses bad names, taken names and a detached HEAD", () =>
  inWorld(async (world) => {
    for (const name of ["../up", "a b", "$(x)", "", "a/b", "x".repeat(81), "a\u001b[31m"]) {
      const run = await world.kas("task", "create", "--", name);
      assert.deepEqual([run.code, run.out], [2, ""], name);
      assert.match(run.err, /^error: Cannot use ".*" as a task name: /);
      assert.ok(!run.err.includes("\u001b"));
    }
    const dash = await world.kas("task", "create", "--", "-x");
    assert.match(dash.err, /hint: Try "x"/);
    await world.ok("task", "create", "one");
    const taken = await world.kas("task", "create", "one");
    assert.deepEqual([taken.code, taken.out], [1, ""]);
    assert.match(taken.err, /the project has one already/);
    await world.git(["checkout", "-q", "--detach"]);
    const detached = await world.kas("task", "create", "two");
    assert.equal(detached.code, 3);
    assert.match(detached.err, /detached HEAD\nhint: Name the branch to merge into with --base/);
    await world.ok("task", "create", "two", "--base", "main");
    assert.equal((await world.kas("task", "create", "three", "--base", "nope")).code, 3);
    const names = (await world.store.tasks()).map((task) => task.name);
    assert.deepEqual(names, ["one", "two"]);
  }));

Deno.test("kas task register names the task after the file and warns of findings", () =>
  inWorld(async (world) => {
    await Deno.writeTextFile(`${world.repo}/add-login.md`, PLAN);
    await Deno.writeTextFile(`${world.repo}/rough.md`, "# Rough\n\nLater.\n");
    await Deno.writeFile(`${world.repo}/binary.md`, new Uint8Array([0xff, 0xfe, 0x41]));
    await Deno.writeTextFile(`${world.repo}/huge.md`, "x".repeat(5 * 1024 * 1024));
    const fine = await world.kas("task", "register", "./add-login.md", "--branch", "feature/x");
    assert.deepEqual(fine, { code: 0, out: "created: add-login on feature/x\n", err: "" });
    const rough = await world.kas("task", "register", "rough.md", "--name", "better");
    assert.equal(rough.out, "created: better on plan/better\n");
    assert.match(rough.err, /^warning: better:1:1 error no_waves no wave headers found in plan;/m);
    assert.equal((await world.task("better")).description, "Rough");
    assert.match((await world.kas("task", "register", "binary.md")).err, /it is not UTF-8 text/);
    assert.match((await world.kas("task", "register", "huge.md")).err, /larger than 4194304 bytes/);
    assert.match((await world.kas("task", "register", "gone.md")).err, /Cannot find the file/);
    assert.match((await world.kas("task", "register", ".git")).err, /it is not a file/);
    assert.equal((await world.store.tasks()).length, 2);
  }));

Deno.test("kas task update-content stores stdin, whatever is wrong with it", () =>
  inWorld(async (world) => {
    await world.ok("task", "create", "one", "--content", "Just an idea");
    const argv = ["task", "update-content", "one"];
    const tty = await world.run(argv, { tty: true });
    assert.equal(tty.code, 2);
    assert.equal(
      tty.err,
      "error: stdin is a tty; pipe plan content via stdin: " +
        "cat plan.md | kas task update-content one\n",
    );
    const rough = await world.run(argv, { stdin: "# No waves\n" });
    assert.equal(rough.code, 0);
    assert.match(rough.err, /^warning: one:1:1 error no_waves no wave headers found in plan/m);
    assert.equal(await world.ok("task", "show", "one"), "# No waves\n");
    const stale = await world.run([...argv, "--expect-version", "1"], { stdin: PLAN });
    assert.equal(stale.code, 1);
    assert.match(stale.err, /somebody else has changed it/);
    const fine = await world.run([...argv, "--expect-version", "2", "--json"], { stdin: PLAN });
    assert.deepEqual(JSON.parse(fine.out), { task: "one", version: 3, findings: [] });
    assert.match((await world.run(argv, { stdin: " \n" })).err, /stdin was empty/);
    const huge = await world.run(argv, { stdin: "x".repeat(5 * 1024 * 1024) });
    assert.equal(huge.code, 2);
    assert.equal(await world.ok("task", "show", "one"), PLAN);
    const unknown = await world.run(["task", "update-content", "onr"], { stdin: PLAN });
    assert.equal(unknown.code, 1);
    assert.match(unknown.err, /^error: task not found: "onr"\nhint: Did you mean "one"\?/);
  }));

Deno.test("kas task check prints every finding and ends with 1 for an error", () =>
  inWorld(async (world) => {
    const plan = `${PLAN}\n## Wave 3\n\n### Task 1: Again\n`;
    await Deno.writeTextFile(`${world.dir}/bad.md`, plan);
    await Deno.writeTextFile(`${world.dir}/good.md`, BIG_PLAN);
    const cwd = world.dir;
    const good = await world.run(["task", "check", "good.md"], { cwd });
    assert.deepEqual(good, { code: 0, out: "good.md: ok (2 waves, 4 tasks)\n", err: "" });
    const bad = await world.run(["task", "check", "bad.md"], { cwd });
    assert.equal(bad.code, 1);
    assert.match(bad.out, /^bad\.md:18:1 error duplicate_task .+$/m);
    assert.match(bad.out, /^bad\.md:16:1 \w+ wave_gap .+$/m);
    assert.match(bad.err, /^error: Cannot implement "bad.md": \d errors?\n/);
    const json = await world.run(["task", "check", "-", "--json"], { cwd, stdin: BIG_PLAN });
    const parsed = JSON.parse(json.out);
    assert.deepEqual(parsed.findings, []);
    assert.deepEqual(
      parsed.waves.map((wave: { number: number; tasks: { number: number }[] }) => [
        wave.number,
        ...wave.tasks.map((task) => task.number),
      ]),
      [[1, 1, 2], [2, 3, 4]],
    );
  }));

Deno.test("kas task rename, topic and delete keep agents' names and the topic's fence", () =>
  inWorld(async (world) => {
    await world.ok("task", "create", "one");
    await world.ok("task", "create", "two", "--topic", "auth");
    assert.equal(await world.ok("task", "rename", "one", "first.md"), "renamed: one → first\n");
    assert.equal((await world.kas("task", "rename", "first", "two")).code, 1);
    const task = await world.task("first");
    const session = await world.session({ taskId: task.id, title: "first-plan" });
    const busy = await world.kas("task", "rename", "first", "third");
    assert.equal(busy.code, 3);
    assert.match(
      busy.err,
      /first-plan works on it\nhint: Pause it first: kas instance pause first-plan/,
    );
    assert.equal((await world.kas("task", "delete", "first")).code, 3);
    await world.store.commit([{ kind: "session", id: session.id, patch: { status: "exited" } }]);

    assert.equal(await world.ok("task", "topic", "first", "auth"), "topic of first: auth\n");
    assert.equal((await world.task("first")).topic, "auth");
    await world.ok("task", "topic", "first", "--none");
    assert.equal((await world.task("first")).topic, null);
    assert.equal((await world.kas("task", "topic", "first")).code, 2);
    assert.equal((await world.kas("task", "topic", "first", "x", "--none")).code, 2);
    await world.ok("task", "set-status", "first", "implementing", "--force");
    await world.ok("task", "set-status", "two", "implementing", "--force");
    assert.match((await world.kas("task", "topic", "first", "auth")).err, /"two" of it is being/);
    assert.equal(
      await world.ok("task", "delete", "first"),
      "deleted: first (branch plan/one stays)\n",
    );
    assert.match((await world.kas("task", "show", "first")).err, /task not found: "first"/);
  }));

Deno.test("kas task says what is wrong with the store and leaves it alone", () =>
  inWorld(async (world) => {
    await world.ok("task", "create", "one");
    const broken = `${world.dir}/broken.db`;
    await Deno.writeTextFile(broken, "this is no database".repeat(100));
    const command = world.command(["task", "list", "--json"], { env: { KASMOS_DB: broken } });
    const { code, stdout, stderr } = await command.output();
    assert.deepEqual([code, stdout.length], [1, 0]);
    assert.equal(JSON.parse(new TextDecoder().decode(stderr)).error.code, "store_corrupt");
    assert.equal(await Deno.readTextFile(broken), "this is no database".repeat(100));
  }));
