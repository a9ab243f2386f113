import assert from "node:assert/strict";
import { daemonJson, pingDaemon } from "../lib/daemon/client.ts";
import { applyEvent, createTask } from "../lib/engine/operations.ts";
import { openWorkspaceAt } from "../lib/engine/workspace.ts";
import { KasError } from "../lib/errors.ts";
import { git } from "../lib/demo/sandbox.ts";
import { IDLE, Lab, planText } from "./support/lab.ts";

/** Repositories as they come: several at once, odd names, odd states, broken settings. */

const ONE = planText([{ "one.txt": "one" }]);

/** Makes another repository in the lab, with one commit. */
async function makeRepo(lab: Lab, name: string): Promise<string> {
  const repo = `${await Deno.realPath(lab.sandbox.root)}/${name}`;
  await Deno.mkdir(repo, { recursive: true });
  await git(repo, "init", "-q", "-b", "main");
  await git(repo, "config", "user.name", "Test");
  await git(repo, "config", "user.email", "test@localhost");
  await git(repo, "commit", "-q", "--allow-empty", "-m", `Begin ${name}`);
  return repo;
}

interface Status {
  readonly repos: { readonly project: string; readonly path: string }[];
}

async function keys(lab: Lab): Promise<string[]> {
  const { repos } = await daemonJson<Status>(lab.sandbox.paths, "/v1/status");
  return repos.map((repo) => repo.project).sort();
}

Deno.test("repositories with one folder name are worked on at once, and can be left", async (t) => {
  await using lab = await Lab.open();
  const repo = await makeRepo(lab, "elsewhere/repo");
  await Deno.mkdir(`${repo}/.kasmos`);
  await Deno.copyFile(`${lab.sandbox.repo}/.kasmos/config.toml`, `${repo}/.kasmos/config.toml`);
  lab.startDaemon();
  await lab.buildTask("same", ONE, null);
  await lab.until("the daemon", () => pingDaemon(lab.sandbox.paths));

  await t.step("add", async () => {
    const added = await lab.kas("daemon", "add", repo);
    assert.equal(added.code, 0, added.err);
    const listed = await keys(lab);
    assert.equal(listed.length, 2);
    assert.ok(listed.includes("repo"), String(listed));
  });
  const other = await openWorkspaceAt(lab.home, repo);
  await t.step("both have a task of one name, and their own branches", async () => {
    const { home } = lab;
    await createTask(
      home,
      other,
      { name: "same", content: planText([{ "two.txt": "2" }]) },
      "test",
    );
    await applyEvent(home, other, "same", "plan_start", "test");
    await lab.wake();
    await lab.until("both merges", async () => {
      const tasks = await home.store.tasks();
      return tasks.length === 2 && tasks.every((task) => task.mergedSha !== null);
    });
    assert.equal(await lab.git("show", "main:one.txt"), "one\n");
    assert.equal(await git(repo, "show", "main:two.txt"), "2\n");
  });
  await t.step("remove", async () => {
    assert.equal((await lab.kas("daemon", "remove", repo)).code, 0);
    assert.deepEqual(await keys(lab), ["repo"]);
    await createTask(lab.home, other, { name: "later" }, "test");
    await applyEvent(lab.home, other, "later", "plan_start", "test");
    await lab.buildTask("mine", planText([{ "mine.txt": "mine" }]), null);
    await lab.untilStatus("mine", "done");
    assert.deepEqual(
      await lab.home.store.sessions({
        projectId: other.project.id,
        statuses: ["starting", "running"],
      }),
      [],
    );
    assert.equal((await Deno.lstat(`${repo}/.kasmos/config.toml`)).isFile, true);
  });
  await t.step("reload takes on what daemon.toml names", async () => {
    const lines = `repos = [${JSON.stringify(repo)}]\n`;
    await Deno.writeTextFile(lab.sandbox.paths.daemonConfig, lines);
    const reloaded = await lab.kas("daemon", "reload");
    assert.equal(reloaded.code, 0, reloaded.err);
    await lab.until(
      "the planner of the task left before",
      async () =>
        (await lab.home.store.sessions({ projectId: other.project.id }))
          .some((s) => s.taskName === "later"),
    );
  });
});

Deno.test("settings that break are an event, and the work goes on once they are mended", async (t) => {
  await using lab = await Lab.open({ agents: { coder: IDLE } });
  const config = `${lab.sandbox.repo}/.kasmos/config.toml`;
  const good = await Deno.readTextFile(config);
  lab.startDaemon();
  await lab.buildTask("waits", ONE, null);
  await lab.running("waits", "coder");

  await t.step("while it runs", async () => {
    await Deno.writeTextFile(config, "default_program = [\n");
    await lab.signal("advance_wave", "waits");
    const event = await lab.untilEvent("engine_error", "waits");
    assert.match(event.message, /config\.toml/);
  });
  await t.step("a new daemon says so too", async () => {
    await lab.killDaemon("SIGTERM");
    lab.startDaemon();
    const event = await lab.untilEvent("project_error");
    assert.match(event.message, /config\.toml/);
    const reload = await lab.kas("daemon", "reload");
    assert.equal(reload.code, 1, reload.out);
    assert.match(reload.err, /config\.toml/);
  });
  await t.step("mended", async () => {
    await Deno.writeTextFile(config, good);
    await lab.event("waits", "cancel");
    await lab.until("the end", async () => await lab.openWorktrees(await lab.task("waits")) === 0);
    const signals = await lab.home.store.signals({ statuses: ["pending", "processing"], limit: 5 });
    assert.deepEqual(signals, []);
  });
});

Deno.test("a whole lifecycle in a folder and on a branch with hostile names", async () => {
  const name = `it's "quoted"\n-x $(touch pwned) ünïcödé ; #{pane_id}/repo`;
  await using lab = await Lab.open({ repo: name, policy: { blueprint_skip_threshold: 0 } });
  const branch = `fix/ünï"c'$(x)`;
  await lab.git("switch", "-q", "-c", branch);
  await lab.git("commit", "-q", "--allow-empty", "-m", "On a branch of its own");
  const workspace = await openWorkspaceAt(lab.home, lab.sandbox.repo);
  const { home } = lab;
  await createTask(home, workspace, { name: "überall", description: "d" }, "test");
  await applyEvent(home, workspace, "überall", "plan_start", "test");
  lab.startDaemon();
  await lab.untilMerged("überall");
  assert.equal((await lab.task("überall")).baseBranch, branch);
  assert.match(await Deno.readTextFile(`${lab.sandbox.repo}/bin/hello`), /set -eu/);
  const sessions = await lab.sessions("überall");
  assert.deepEqual(sessions.filter((s) => s.exitReason !== "reported"), []);
});

Deno.test("repositories that cannot be worked on say why", async (t) => {
  await using lab = await Lab.open();
  const { root, repo } = lab.sandbox;
  const refused = async (path: string, code: string, message: RegExp): Promise<void> => {
    await assert.rejects(openWorkspaceAt(lab.home, path), (error) => {
      assert.ok(error instanceof KasError);
      assert.equal(error.code, code);
      assert.match(error.message, message);
      assert.ok(error.hint, "it names the next step");
      return true;
    });
  };
  await t.step("an empty one", async () => {
    await Deno.mkdir(`${root}/empty`);
    await git(`${root}/empty`, "init", "-q");
    await refused(`${root}/empty`, "guard", /has no commit yet/);
  });
  await t.step("a bare one", async () => {
    await git(root, "clone", "-q", "--bare", repo, "bare.git");
    await refused(`${root}/bare.git`, "guard", /bare/);
  });
  await t.step("none", async () => {
    await Deno.mkdir(`${root}/plain`);
    await refused(`${root}/plain`, "not_a_repository", /within a git repository/);
  });
  await t.step("a daemon goes on when one of its repositories is gone", async () => {
    const gone = await makeRepo(lab, "gone");
    const { project } = await openWorkspaceAt(lab.home, gone);
    await lab.home.store.setRegistered(project.id, true);
    await Deno.remove(gone, { recursive: true });
    lab.startDaemon();
    const event = await lab.untilEvent("project_error");
    assert.equal(event.project, project.key);
    await lab.buildTask("works", ONE, null);
    await lab.untilMerged("works");
  });
});

Deno.test("a detached HEAD needs a base, and is left detached", async () => {
  await using lab = await Lab.open();
  await lab.git("switch", "-q", "--detach");
  const plain = await lab.kas("task", "create", "free", "--description", "x");
  assert.equal(plain.code, 3, plain.err);
  assert.match(plain.err, /detached HEAD[\s\S]*--base/);
  const made = await lab.kas("task", "create", "free", "--description", "x", "--base", "main");
  assert.equal(made.code, 0, made.err);
  const head = await lab.git("rev-parse", "HEAD");
  await lab.event("free", "plan_start");
  lab.startDaemon();
  await lab.untilMerged("free");
  assert.equal(await lab.git("rev-parse", "HEAD"), head);
  assert.equal((await lab.git("branch", "--show-current")).trim(), "");
});

Deno.test("a shallow clone with a submodule goes through a lifecycle", async () => {
  await using lab = await Lab.open();
  const { root } = lab.sandbox;
  const source = await makeRepo(lab, "source");
  await git(source, "commit", "-q", "--allow-empty", "-m", "Second");
  const part = await makeRepo(lab, "part");
  const repo = `${await Deno.realPath(root)}/shallow`;
  await git(root, "clone", "-q", "--depth", "1", `file://${source}`, repo);
  await git(repo, "config", "user.name", "Test");
  await git(repo, "config", "user.email", "test@localhost");
  await git(repo, "-c", "protocol.file.allow=always", "submodule", "add", "-q", part, "part");
  await git(repo, "commit", "-q", "-m", "Add a submodule");
  await Deno.mkdir(`${repo}/.kasmos`);
  await Deno.copyFile(`${lab.sandbox.repo}/.kasmos/config.toml`, `${repo}/.kasmos/config.toml`);
  lab.workspace = await openWorkspaceAt(lab.home, repo);
  await lab.home.store.setRegistered(lab.workspace.project.id, true);
  await lab.buildTask("deep", planText([{ "one.txt": "1" }, { "two.txt": "2" }]));
  lab.startDaemon();
  await lab.untilMerged("deep");
  assert.equal(await git(repo, "show", "main:two.txt"), "2\n");
  assert.match(await git(repo, "ls-tree", "main", "part"), /^160000 commit/);
});
