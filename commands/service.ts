import { defineCommand, defineGroup, type Group, note, table, writeOut } from "../lib/cli/mod.ts";
import { tell } from "../lib/cli/progress.ts";
import type {
  ServiceManager,
  ServiceName,
  ServiceSpec,
  ServiceStatus,
} from "../lib/service/mod.ts";
import { KasError } from "../lib/errors.ts";
import { requirePerson } from "./_shared.ts";

const which = {
  service: {
    type: "positional",
    required: false,
    metavar: "daemon|serve",
    description: "One of them; default both",
  },
} as const;

interface Desk {
  readonly manager: ServiceManager;
  readonly specs: readonly ServiceSpec[];
  readonly paths: import("../lib/config/paths.ts").Paths;
  readonly launch: import("../lib/service/mod.ts").ServiceLaunch;
}

/** @throws KasError "usage" for a word that is no service */
async function open(word: string | undefined): Promise<Desk> {
  const { launchOf, localHost, serviceManager, SERVICES, SPECS } = await import(
    "../lib/service/mod.ts"
  );
  const { homePaths } = await import("../lib/engine/workspace.ts");
  const names: readonly ServiceName[] = word === undefined
    ? SERVICES
    : SERVICES.filter((name) => name === word);
  if (names.length === 0) {
    const { quote } = await import("../lib/names.ts");
    throw new KasError("usage", `Unknown service ${quote(word ?? "")}`, {
      hint: `Choose one of: ${SERVICES.join(", ")}`,
    });
  }
  const paths = await homePaths();
  const host = localHost(paths);
  return {
    manager: serviceManager(host),
    specs: names.map((name) => SPECS[name]),
    paths,
    launch: launchOf(host),
  };
}

const install = defineCommand({
  description: "Have the system run kas from login on",
  details:
    "Writes units of systemd or agents of launchd for your user and starts them. A second time they " +
    "are written again, and restarted only if they changed: do so after an upgrade of kas, which they " +
    "name, or when PATH or the places of kas are others. A daemon that runs by hand is ended first; " +
    "agents keep running.",
  args: {
    ...which,
    print: { type: "boolean", description: "Print the files and change nothing" },
  },
  examples: [
    ["kas service install", "The daemon and the API, now and after each login"],
    ["kas service install daemon", "The daemon alone"],
    ["kas service install --print", "See what would be written"],
  ],
  async run(ctx) {
    const { manager, specs, paths, launch } = await open(ctx.values.service);
    if (ctx.values.print === true) {
      const files = specs.map((spec) => ({
        service: spec.name,
        file: manager.fileOf(spec),
        text: manager.render(spec, launch),
      }));
      ctx.print(files, (all) => all.map(({ file, text }) => `# ${file}\n${text}`).join("\n"));
      return;
    }
    requirePerson("install services");
    await manager.check();
    const { stopDaemon } = await import("../lib/service/mod.ts");
    const done = [];
    for (const spec of specs) {
      if (spec.name === "daemon" && !(await manager.status(spec)).running) await stopDaemon(paths);
      done.push(await manager.install(spec, launch));
    }
    ctx.print(
      done,
      (all) => all.map(({ service, action, file }) => `${service} ${action}: ${file}`).join("\n"),
    );
    const advice = await manager.advice();
    if (advice !== null) tell(`hint: ${advice}`);
  },
});

const uninstall = defineCommand({
  description: "Stop the services and remove their files; agents keep running",
  args: which,
  async run(ctx) {
    requirePerson("remove services");
    const { manager, specs } = await open(ctx.values.service);
    await manager.check();
    const done = [];
    for (const spec of specs) done.push(await manager.uninstall(spec));
    ctx.print(
      done,
      (all) =>
        all.map(({ service, removed, file }) =>
          removed ? `${service} removed: ${file}` : `${service} was not installed`
        ).join("\n"),
    );
  },
});

const status = defineCommand({
  description: "Show whether the services are installed and run",
  details: "Ends with 0 when all that were asked for run, else 1.",
  args: which,
  async run(ctx) {
    const { manager, specs } = await open(ctx.values.service);
    await manager.check();
    const rows: ServiceStatus[] = [];
    for (const spec of specs) rows.push(await manager.status(spec));
    ctx.print(rows, () =>
      table(rows, [
        { header: "SERVICE", value: (row) => row.service },
        { header: "STATE", value: (row) => row.state },
        { header: "PID", value: (row) => row.pid === null ? "-" : String(row.pid) },
        { header: "AT LOGIN", value: (row) => row.enabled ? "yes" : "no" },
        { header: "FILE", value: (row) => row.installed ? row.file : "-" },
      ]));
    return rows.every((row) => row.running) ? 0 : 1;
  },
});

const logs = defineCommand({
  description: "Print what a service wrote to the journal, or to its log file on macOS",
  args: {
    ...which,
    lines: { type: "number", default: 50, metavar: "n", description: "How many lines" },
    follow: { type: "boolean", short: "f", description: "Go on printing what is added" },
  },
  examples: [["kas service logs daemon -f", "Follow the daemon"]],
  async run(ctx) {
    const { manager, specs } = await open(ctx.values.service ?? "daemon");
    const [spec] = specs;
    if (spec === undefined) return;
    const { checkLimit } = await import("./_shared.ts");
    const options = { lines: checkLimit(ctx.values.lines), follow: ctx.values.follow === true };
    return await show(manager.logArgv(spec, options), ctx.signal);
  },
});

/** Gives on what a program prints, as it comes. @returns its exit status */
async function show(
  [program = "", ...args]: readonly string[],
  stop: AbortSignal,
): Promise<number> {
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(program, { args, stdin: "null", stdout: "piped", stderr: "piped" })
      .spawn();
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new KasError("missing_program", `Cannot read the log: there is no ${program}`, { cause });
  }
  stop.addEventListener("abort", () => child.kill("SIGTERM"), { once: true });
  const errors = new Response(child.stderr).text();
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) writeOut(text);
  const said = (await errors).trim();
  if (said !== "") note(said);
  const { code } = await child.status;
  return stop.aborted || code === 0 ? 0 : 1;
}

const group: Group = defineGroup({
  description: "Have the system run kas from login on",
  details: "On Linux with systemd, on macOS with launchd; for your user alone.",
  examples: [["kas service install", "The daemon and the API, now and after each login"]],
  commands: { install, uninstall, status, logs },
});
export default group;
