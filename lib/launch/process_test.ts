import { equal, rejects, throws } from "node:assert/strict";
import {
  type LaunchWorld,
  launchWorld,
  recordingHarness,
  script,
  testContext,
  testInput,
} from "./_testing.ts";
import { isRunning } from "../harness/process_info.ts";
import { prepareLaunch } from "./prepare.ts";
import { type RunEnd, type RunIo, runProcess } from "./process.ts";

const decoder = new TextDecoder();

/** Starts a script as an agent. */
async function start(
  world: LaunchWorld,
  body: string,
  io: Partial<RunIo> = {},
  changes: Parameters<typeof testContext>[1] = {},
) {
  const program = await script(world, "agent", body);
  const context = testContext(world, { program: [program], ...changes });
  const prepared = await prepareLaunch(testInput(world, context), recordingHarness());
  const chunks: Uint8Array[] = [];
  const running = runProcess(prepared, {
    stdout: (chunk) => {
      chunks.push(chunk);
      return Promise.resolve();
    },
    stderr: null,
    timeoutMs: null,
    graceMs: 300,
    drainMs: 300,
    ...io,
  });
  const bytes = () => new Uint8Array(chunks.flatMap((chunk) => [...chunk]));
  return { running, bytes, out: () => decoder.decode(bytes()) };
}

async function run(
  world: LaunchWorld,
  body: string,
  io: Partial<RunIo> = {},
  changes: Parameters<typeof testContext>[1] = {},
): Promise<RunEnd & { out: string; bytes: Uint8Array }> {
  const { running, bytes, out } = await start(world, body, io, changes);
  const end = await running.ended;
  return { ...end, out: out(), bytes: bytes() };
}

/** Waits for a file a script makes. */
async function appears(path: string): Promise<string> {
  for (;;) {
    const text = await Deno.readTextFile(path).catch((error: unknown) => {
      if (error instanceof Deno.errors.NotFound) return "";
      throw error;
    });
    if (text.endsWith("\n")) return text.trim();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Waits for the end of a process that was killed: its files are closed a moment before it is gone. */
async function gone(pid: string): Promise<void> {
  while (await isRunning(Number(pid))) await new Promise((resolve) => setTimeout(resolve, 5));
}

Deno.test("R22: a task that begins with a dash or holds any bytes arrives on stdin as it is", async () => {
  await using world = await launchWorld();
  const task = "- do x\0\u{1F600}\r\n--help";
  const { out, code } = await run(world, "exec cat", {}, { task });
  equal(code, 0);
  equal(out, task);
});

Deno.test("bytes go through unchanged, and a task nobody reads does no harm", async () => {
  await using world = await launchWorld();
  const body = "head -c 300000 /dev/zero; printf '\\377\\376'";
  const { bytes, code } = await run(world, body, {}, { task: "x".repeat(1_000_000) });
  equal(code, 0);
  equal(bytes.length, 300_002);
  equal(bytes.at(-2), 0xff);
});

Deno.test("R4: an end by a signal is told as one, and never as success", async () => {
  await using world = await launchWorld();
  for (const signal of ["KILL", "SEGV", "TERM"]) {
    const end = await run(world, `kill -${signal} $$`);
    equal(end.code, null);
    equal(end.signal, `SIG${signal}`);
    equal(end.stopped, null);
  }
  equal((await run(world, "exit 3")).code, 3);
});

Deno.test("R41: a deaf agent is killed with all it started when its time is over", async () => {
  await using world = await launchWorld();
  const body = `trap '' TERM
(trap '' TERM; echo "$$" > ${world.root}/pid; while :; do sleep 0.05; done) &
while :; do sleep 0.05; done`;
  const { running } = await start(world, body, { timeoutMs: 150, graceMs: 150 });
  const end = await running.ended;
  equal(end.stopped, "timeout");
  equal(end.signal, "SIGKILL");
  await gone(await appears(`${world.root}/pid`));
});

Deno.test("R42: what is written after the process has ended is not lost", async () => {
  await using world = await launchWorld();
  const end = await run(world, "(sleep 0.2; echo late; sleep 0.2; echo later) & echo early");
  equal(end.out, "early\nlate\nlater\n");
  equal(end.leftovers, false);
});

Deno.test("R42: something left behind that keeps the output open does not hang the run", async () => {
  await using world = await launchWorld();
  const body = `sleep 600 & echo "$!" > ${world.root}/pid; echo done`;
  const end = await run(world, body, { drainMs: 100 });
  equal(end.code, 0);
  equal(end.out, "done\n");
  equal(end.leftovers, true);
  await gone(await appears(`${world.root}/pid`));
  // one that left the process group as well
  const away = await run(world, `setsid sleep 1 & sleep 0.1; echo done`, { drainMs: 50 });
  equal(away.out, "done\n");
  equal(away.leftovers, true);
});

Deno.test("R49: stop() reaches the whole group, and kills what does not listen", async () => {
  await using world = await launchWorld();
  const body = `sleep 600 & echo "$!" > ${world.root}/pid; trap '' INT; wait; wait`;
  const { running } = await start(world, body, { graceMs: 100 });
  const pid = await appears(`${world.root}/pid`);
  running.stop("SIGINT");
  const end = await running.ended;
  equal(end.stopped, "cancelled");
  await gone(pid);
  running.stop("SIGTERM");
});

Deno.test("stop() ends what left the process group too, as shell tools of agents do", async () => {
  await using world = await launchWorld();
  const away =
    `sh -c 'trap "" INT TERM; echo "$$" > ${world.root}/pid; while :; do sleep 0.05; done'`;
  // its parent ends at the signal, before it
  const body = `setsid ${away} & wait`;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    const { running } = await start(world, body, { graceMs: 2_000 });
    const pid = await appears(`${world.root}/pid`);
    running.stop(signal);
    const end = await running.ended;
    equal(end.stopped, "cancelled");
    await gone(pid);
    await Deno.remove(`${world.root}/pid`);
  }
});

Deno.test("an agent that ends on a signal in its own way keeps its exit status", async () => {
  await using world = await launchWorld();
  const body =
    `trap 'echo bye; exit 7' INT; echo "$$" > ${world.root}/pid; while :; do sleep 0.02; done`;
  const { running, out } = await start(world, body);
  await appears(`${world.root}/pid`);
  running.stop("SIGINT");
  const end = await running.ended;
  equal(end.code, 7);
  equal(out(), "bye\n");
});

Deno.test("when nobody takes its output any more the agent is ended", async () => {
  await using world = await launchWorld();
  const end = await run(world, "while :; do echo line; sleep 0.01; done", {
    stdout: () => Promise.reject(new Deno.errors.BrokenPipe("closed")),
  });
  equal(end.stopped, "unread");
});

Deno.test("a slow reader is waited for, however long", async () => {
  await using world = await launchWorld();
  let size = 0;
  const end = await run(world, "head -c 200000 /dev/zero", {
    drainMs: 20,
    stdout: async (chunk) => {
      await new Promise((resolve) => setTimeout(resolve, 60));
      size += chunk.length;
    },
  });
  equal(size, 200_000);
  equal(end.leftovers, false);
});

Deno.test("a program that vanished or cannot be executed is explained", async () => {
  await using world = await launchWorld();
  const program = await script(world, "agent", "exit 0");
  const context = testContext(world, { program: [program] });
  const prepared = await prepareLaunch(testInput(world, context), recordingHarness());
  const io: RunIo = { stdout: () => Promise.resolve(), stderr: null, timeoutMs: null };
  await Deno.writeTextFile(program, "#!/nope/sh\n");
  throws(() => runProcess(prepared, io), { code: "missing_program" });
  await Deno.remove(program);
  await Deno.mkdir(program);
  throws(() => runProcess(prepared, io), { code: "missing_program" });
  await Deno.remove(program);
  throws(() => runProcess(prepared, io), { code: "missing_program" });
  await rejects(prepareLaunch(testInput(world, context), recordingHarness()), {
    code: "missing_program",
  });
});
