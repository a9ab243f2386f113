/** `kas demo` ends with what it started, however it is ended. */
import assert from "node:assert/strict";
import { selfArgv } from "../lib/self.ts";

interface Running {
  readonly process: Deno.ChildProcess;
  /** Everything it has printed so far. */
  readonly text: () => string;
}

/** A folder for what is temporary, gone with all that runs in it after the test. */
async function inPlace(test: (place: string) => Promise<void>): Promise<void> {
  // A short path: where sockets do not fit, the demo makes its sandbox elsewhere.
  const place = await Deno.realPath(await Deno.makeTempDir({ dir: "/tmp", prefix: "kas-d-" }));
  try {
    await test(place);
  } finally {
    await Deno.remove(place, { recursive: true });
  }
}

function demo(place: string): Running {
  const [program = "", ...self] = selfArgv();
  const process = new Deno.Command(program, {
    args: [...self, "demo"],
    cwd: "/",
    env: { TMPDIR: place, HOME: place, NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  let text = "";
  process.stdout.pipeThrough(new TextDecoderStream()).pipeTo(
    new WritableStream({
      write: (chunk) => void (text += chunk),
    }),
  );
  return { process, text: () => text };
}

async function until(what: string, look: () => boolean | Promise<boolean>): Promise<void> {
  for (let n = 0; !(await look()); n++) {
    if (n > 1_200) throw new Error(`${what} did not come within a minute`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function left(place: string): string[] {
  return [...Deno.readDirSync(place)].map(({ name }) => name).filter((name) => /^kas-/.test(name));
}

/** Programs with the folder in their arguments or environment. */
async function processes(place: string): Promise<string[]> {
  const { stdout } = await new Deno.Command("ps", { args: ["-eww", "-o", "args"] }).output();
  return new TextDecoder().decode(stdout).split("\n").filter((line) => line.includes(place));
}

for (const signal of ["SIGKILL", "SIGINT"] as const) {
  Deno.test(`kas demo leaves nothing after a ${signal} while agents work`, () =>
    inPlace(async (place) => {
      const { process, text } = demo(place);
      await until("a coder", () => /^ .*coder {6}/m.test(text()));
      assert.equal(left(place).length, 1);
      assert.notDeepEqual(await processes(place), []);
      process.kill(signal);
      await process.status;
      await until("the end of its folder", () => left(place).length === 0);
      await until("the end of its processes", async () => (await processes(place)).length === 0);
    }));
}

Deno.test("kas demo leaves nothing when it is killed before it has said a word", () =>
  inPlace(async (place) => {
    const { process } = demo(place);
    await until("its folder", () => left(place).length === 1);
    process.kill("SIGKILL");
    await process.status;
    await until("the end of its folder", () => left(place).length === 0);
    await until("the end of its processes", async () => (await processes(place)).length === 0);
  }));

Deno.test("kas demo cleans up and fails when its daemon is killed", () =>
  inPlace(async (place) => {
    const { process, text } = demo(place);
    await until("a coder", () => /^ .*coder {6}/m.test(text()));
    const [name = ""] = left(place);
    const pid = Number((await Deno.readTextFile(`${place}/${name}/run/kas.sock.pid`)).trim());
    Deno.kill(pid, "SIGKILL");
    const { code } = await process.status;
    assert.notEqual(code, 0);
    assert.deepEqual(left(place), []);
    assert.deepEqual(await processes(place), []);
  }));

/** Runs a demo to its end. */
async function played(place: string, args: readonly string[], env: Record<string, string>) {
  const [program = "", ...self] = selfArgv();
  const { code, stdout, stderr } = await new Deno.Command(program, {
    args: [...self, "demo", ...args],
    cwd: "/",
    env: { TMPDIR: place, HOME: place, NO_COLOR: "1", ...env },
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout), err: decoder.decode(stderr) };
}

async function output(cwd: string, program: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await new Deno.Command(program, { args, cwd }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

Deno.test("kas demo inside a git hook, with hooks for all repositories, touches no other repository", () =>
  inPlace(async (place) => {
    const repo = `${place}/mine`;
    await output(place, "git", "init", "-q", "mine");
    await Deno.mkdir(`${place}/hooks`);
    await Deno.writeTextFile(`${place}/hooks/pre-commit`, "#!/bin/sh\nexit 1\n", { mode: 0o755 });
    await Deno.writeTextFile(`${place}/.gitconfig`, `[core]\n\thooksPath = ${place}/hooks\n`);
    const before = await Deno.readTextFile(`${repo}/.git/config`);
    const { code, err } = await played(place, [], {
      GIT_DIR: `${repo}/.git`,
      GIT_WORK_TREE: repo,
      GIT_INDEX_FILE: `${repo}/.git/index`,
      GIT_CONFIG_GLOBAL: `${place}/.gitconfig`,
      GIT_AUTHOR_NAME: "",
    });
    assert.deepEqual([code, err], [0, ""]);
    assert.equal(await Deno.readTextFile(`${repo}/.git/config`), before);
    assert.equal(await output(repo, "git", "log", "--all", "--oneline"), "");
    assert.deepEqual(left(place), []);
  }));

Deno.test("kas demo that cannot begin says why and leaves nothing", () =>
  inPlace(async (place) => {
    const bin = `${place}/bin`;
    await Deno.mkdir(bin);
    const env = { PATH: `${bin}:${Deno.env.get("PATH")}` };
    // Every call but the first ones fails, as with a full disk.
    await Deno.writeTextFile(
      `${bin}/git`,
      `#!/bin/sh\ncase " $* " in *" init "*) echo no space >&2; exit 128;; esac\n` +
        `PATH="\${PATH#*:}" exec git "$@"\n`,
      { mode: 0o755 },
    );
    const full = await played(place, [], env);
    assert.deepEqual([full.code, /cannot begin:.*no space/s.test(full.err)], [1, true], full.err);
    assert.deepEqual(left(place), []);
    const nowhere = await played(place, [], { TMPDIR: `${place}/nowhere` });
    assert.match(nowhere.err, /Cannot make a folder in ".*nowhere"\nhint: Set TMPDIR/);
  }));

Deno.test("kas demo --keep prints lines that a shell takes as they are", () =>
  inPlace(async (place) => {
    const odd = `${place}/it's a b`;
    await Deno.mkdir(odd);
    const { code, out, err } = await played(place, ["--keep"], { TMPDIR: odd });
    assert.equal(code, 0, err);
    const [, enter, exports] = /^ {2}(cd .*)\n {2}(export .*)$/m.exec(out) ?? [];
    const [, end] = /^and when you are done: (kas daemon stop; rm -r .*)$/m.exec(out) ?? [];
    assert.ok(enter !== undefined && exports !== undefined && end !== undefined, out);
    const kas = `kas() { ${selfArgv().map((word) => `'${word}'`).join(" ")} "$@"; }`;
    await output("/", "sh", "-c", `set -e; ${kas}; ${enter}; ${exports}; kas task list; ${end}`);
    assert.deepEqual(left(odd), []);
    await until("the end of its processes", async () => (await processes(odd)).length === 0);
  }));
