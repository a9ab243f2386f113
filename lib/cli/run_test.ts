import assert from "node:assert/strict";
import { displayWidth } from "./text.ts";

const CLI = new URL("./testdata/cli.ts", import.meta.url).pathname;
const MAIN = new URL("../../main.ts", import.meta.url).pathname;

interface Run {
  code: number;
  out: string;
  err: string;
}

function command(script: string, args: readonly string[], env: Record<string, string> = {}) {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", script, ...args],
    env: { KAS_DEBUG: "", NO_COLOR: "", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

async function prog(args: readonly string[], env: Record<string, string> = {}): Promise<Run> {
  return await finish(command(CLI, args, env));
}

async function finish(started: Deno.Command): Promise<Run> {
  const { code, stdout, stderr } = await started.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, out: text(stdout), err: text(stderr) };
}

Deno.test("runCli() lists commands and aliases, hides hidden ones, and loads none for it", async () => {
  const [help, none, asked] = await Promise.all([prog(["--help"]), prog([]), prog(["help"])]);
  assert.equal(help.code, 0);
  assert.match(help.out, /^ {2}events, ev +Watch events$/m);
  assert.doesNotMatch(help.out, /secret|Hidden/);
  assert.deepEqual([none, asked], [help, help]);
});

Deno.test("runCli() shows the help of a command wherever --help stands", async () => {
  const [one, two, three] = await Promise.all([
    prog(["fail", "--help"]),
    prog(["--help", "fail"]),
    prog(["help", "fail"]),
  ]);
  assert.match(one.out, /prog fail <how> \[options\]/);
  assert.match(one.out, /\(one of: guard, bug\)/);
  assert.deepEqual([two, three], [one, one]);
});

Deno.test("runCli() finds aliases, fallbacks and hidden commands", async () => {
  const [alias, fallback, group, hidden] = await Promise.all([
    prog(["ev", "status"]),
    prog(["events", "--kind", "a", "--json", "--kind", "b"]),
    prog(["help", "events"]),
    prog(["secret"]),
  ]);
  assert.equal(alias.out, "prog events status\n");
  assert.deepEqual(JSON.parse(fallback.out), { path: "prog events", kind: ["a", "b"] });
  assert.match(group.out, /prog events \[<command>\]/);
  assert.equal(hidden.out, "found\n");
});

Deno.test("runCli() refuses unknown words with exit 2 and the nearest right one", async () => {
  const [typo, far, option, argument] = await Promise.all([
    prog(["evnets"]),
    prog(["banana"]),
    prog(["--hlep"]),
    prog(["fail"]),
  ]);
  for (const run of [typo, far, option, argument]) assert.deepEqual([run.code, run.out], [2, ""]);
  assert.match(
    typo.err,
    /^error: Unknown command "evnets" for prog\nhint: Did you mean prog events\?\n$/,
  );
  assert.match(far.err, /hint: See prog --help/);
  assert.match(option.err, /Did you mean --help\?/);
  assert.match(argument.err, /Missing argument <how>/);
});

Deno.test("runCli() explains errors as text or as one line of JSON", async () => {
  const [text, json, bug, debug] = await Promise.all([
    prog(["fail", "guard"]),
    prog(["fail", "guard", "--json"]),
    prog(["fail", "bug"]),
    prog(["fail", "bug"], { KAS_DEBUG: "1" }),
  ]);
  assert.deepEqual(text, { code: 3, out: "", err: "error: Cannot do ␛[31mit\nhint: Do that\n" });
  assert.deepEqual([json.code, json.out, json.err.split("\n").length], [3, "", 2]);
  assert.deepEqual(JSON.parse(json.err).error.context, { n: 1 });
  assert.deepEqual([bug.code, /\n +at /.test(bug.err)], [1, false]);
  assert.match(bug.err, /^error: Cannot read x\nhint: .*KAS_DEBUG=1/);
  assert.match(debug.err, /TypeError: Cannot read x\n +at /);
});

Deno.test("runCli() ends without a word when its reader is gone", async () => {
  const child = command(CLI, ["flood"]).spawn();
  const reader = child.stdout.getReader();
  await reader.read();
  await reader.cancel();
  const [status, err] = await Promise.all([child.status, new Response(child.stderr).text()]);
  assert.deepEqual([status.code, err], [141, ""]);
});

Deno.test("runCli() lets a command clean up after SIGINT and SIGTERM", async () => {
  for (const [signal, code] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
    const child = command(CLI, ["wait"]).spawn();
    const lines = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
    let err = (await lines.read()).value ?? "";
    assert.match(err, /^ready/);
    child.kill(signal);
    for (let part = await lines.read(); !part.done; part = await lines.read()) err += part.value;
    await child.stdout.cancel();
    assert.equal((await child.status).code, code);
    assert.equal(err, "ready\ncleaned up\n");
  }
});

Deno.test("main answers --version, -V and version without loading the commands", async () => {
  for (const word of ["--version", "-V", "version"]) {
    const run = await finish(command(MAIN, [word]));
    assert.deepEqual(run, { code: 0, out: "kas 0.1.0\n", err: "" });
  }
  const info = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", MAIN],
    stdout: "piped",
    stderr: "null",
  }).output();
  const graph = JSON.parse(new TextDecoder().decode(info.stdout));
  const main = graph.modules.find((one: { specifier: string }) =>
    one.specifier.endsWith("/main.ts")
  );
  const eager = main.dependencies.filter((one: { isDynamic?: boolean }) => one.isDynamic !== true);
  assert.deepEqual(eager.map((one: { specifier: string }) => one.specifier), ["./lib/version.ts"]);
});

Deno.test("every help text of kas fits into 80 columns", async () => {
  const { root } = await import("../../commands/mod.ts");
  const { commandHelp, groupHelp } = await import("./help.ts");
  const walk = async (path: string, node: typeof root): Promise<string[]> => {
    const texts = [groupHelp(path, node)];
    for (const [name, entry] of node.commands) {
      const below = "load" in entry ? (await entry.load()).default : entry;
      if (below.kind === "group") texts.push(...await walk(`${path} ${name}`, below));
      else texts.push(commandHelp(`${path} ${name}`, below));
    }
    return texts;
  };
  const lines = (await walk("kas", root)).join("\n").split("\n");
  assert.deepEqual(lines.filter((line) => displayWidth(line) > 80), []);
});

Deno.test({
  name: "runCli() says that stdout cannot be written, and calls it no bug",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const { code, err } = await finish(
      new Deno.Command("sh", {
        args: [
          "-c",
          `exec "$0" "$@" > /dev/full`,
          Deno.execPath(),
          "run",
          "-A",
          "-q",
          CLI,
          "--help",
        ],
        env: { KAS_DEBUG: "", NO_COLOR: "1" },
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
      }),
    );
    assert.equal(code, 1);
    assert.match(err, /^error: Cannot write to stdout: No space left on device/);
    assert.doesNotMatch(err, /bug/);
  },
});
