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
  const place = await Deno.realPath(await Deno.makeTempDir({ prefix: "kas-d-" }));
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
    if (n > 300) throw new Error(`${what} did not come within a minute`);
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
