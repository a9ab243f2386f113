import assert from "node:assert/strict";
import { cleanEnv, inRepo, inTemp, rejects } from "./_fixture.ts";
import { requireGit, runGit } from "./run.ts";

Deno.test("requireGit() returns the version and refuses a missing or old git", async () => {
  await inTemp(async (tmp) => {
    assert.match(await requireGit({ env: cleanEnv(tmp) }), /^2\.\d+/);
    const none = await rejects(
      requireGit({ env: { PATH: `${tmp}/none` } }),
      "missing_program",
      /Cannot start "git"/,
    );
    assert.match(none.hint ?? "", /2\.38/);
    await Deno.writeTextFile(`${tmp}/git`, "#!/bin/sh\necho git version 2.37.9\n", { mode: 0o755 });
    await rejects(requireGit({ env: { PATH: tmp } }), "missing_program", /"git version 2\.37\.9"/);
    // Asked anew after a failure: the user may have installed one.
    await Deno.writeTextFile(`${tmp}/git`, "#!/bin/sh\necho git version 3.0.1\n", { mode: 0o755 });
    assert.equal(await requireGit({ env: { PATH: tmp } }), "3.0.1");
  });
});

Deno.test("runGit() ignores GIT_DIR and other repository variables of its caller", async () => {
  await inRepo(async ({ root, tmp, options }) => {
    const script = `import { runGit } from ${JSON.stringify(import.meta.resolve("./run.ts"))};
      const r = await runGit(["rev-parse", "--show-toplevel"], { cwd: Deno.args[0] });
      console.log(JSON.stringify(r.stdout));`;
    await Deno.writeTextFile(`${tmp}/probe.ts`, script);
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", "--no-config", `${tmp}/probe.ts`, root],
      env: { ...options.env, GIT_DIR: "/nowhere", GIT_WORK_TREE: "/", GIT_INDEX_FILE: "/nowhere" },
    }).output();
    assert.equal(JSON.parse(new TextDecoder().decode(stdout)), `${root}\n`);
  });
});

Deno.test("runGit() quotes the command and git's words, and hides credentials", async () => {
  await inRepo(async ({ root, options }) => {
    const url = "https://bob:secret@localhost:1/x.git";
    const error = await rejects(
      runGit(["ls-remote", "--", url], { ...options, cwd: root }),
      "git_failed",
      /Cannot run "git ls-remote/,
    );
    assert.match(error.message, /Failed to connect|Could not|unable to access/i);
    assert.doesNotMatch(error.message, /secret/);
    await rejects(
      runGit(["status"], { ...options, cwd: `${root}/missing` }),
      "not_found",
      /the folder is missing/,
    );
  });
});

Deno.test("runGit() bounds the output it reads", async () => {
  await inRepo(async ({ root, options, commit }) => {
    await commit(root, { "big.txt": "x".repeat(300_000) });
    const args = ["cat-file", "blob", "HEAD:big.txt"];
    const whole = await runGit(args, { ...options, cwd: root });
    assert.equal(whole.stdout.length, 300_000);
    await rejects(
      runGit(args, { ...options, cwd: root, maxBytes: 1000 }),
      "git_failed",
      /longer than 1000 bytes/,
    );
  });
});

Deno.test("runGit() ends git when its signal fires", async () => {
  await inRepo(async ({ root, options }) => {
    const stop = new AbortController();
    // A hook's grandchild keeps the output pipe open; the call must end all the same.
    const alias = ["-c", "alias.wait=!echo $$ > pid; exec sleep 30", "wait"];
    const running = runGit(alias, { ...options, cwd: root, signal: stop.signal });
    for (let pid = ""; pid === "";) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      pid = await Deno.readTextFile(`${root}/pid`).catch((error) => {
        assert.ok(error instanceof Deno.errors.NotFound);
        return "";
      });
    }
    stop.abort(new Error("enough"));
    await assert.rejects(running, /enough/);
    const pid = Number(await Deno.readTextFile(`${root}/pid`));
    try {
      Deno.kill(pid, "SIGKILL");
    } catch (error) {
      assert.ok(error instanceof Deno.errors.NotFound);
    }
    await assert.rejects(
      runGit(["status"], { ...options, cwd: root, signal: AbortSignal.abort() }),
      { name: "AbortError" },
    );
  });
});

Deno.test("runGit() lets a writer wait for a lock and names one that stays", async () => {
  await inRepo(async ({ root, options, git, write }) => {
    const lock = `${root}/.git/index.lock`;
    await write(lock, "");
    await write(`${root}/new.txt`, "new\n");
    const error = await rejects(
      runGit(["add", "new.txt"], { ...options, cwd: root, write: true }),
      "conflict",
      /another git process holds/,
    );
    assert.equal(error.context.lock, lock);
    const waiting = runGit(["add", "new.txt"], {
      ...options,
      cwd: root,
      write: true,
      lockWaitMs: 10_000,
    });
    await new Promise((resolve) => setTimeout(resolve, 30));
    await Deno.remove(lock);
    await waiting;
    assert.equal(await git(["diff", "--cached", "--name-only"]), "new.txt");
  });
});
