import { KasError } from "../errors.ts";
import { quote } from "../names.ts";
import type { ServiceHost, ServiceLaunch, ServiceManager, ServiceSpec } from "./types.ts";
import { MARKER, plainText, readOwn, removeFile, writeOwn } from "./unit_file.ts";

/**
 * The unit of a service.
 *
 * Stopping it ends the process of kas alone: the tmux server with the agents is in the same control
 * group and lives on. Status 2 and 3 (bad settings, a second daemon) do not get better by trying
 * again; 143 is a daemon that was asked to stop.
 * @throws KasError "invalid" for words that no unit can hold
 * @see systemd.service(5), systemd.exec(5), systemd.kill(5)
 */
export function renderUnit(spec: ServiceSpec, launch: ServiceLaunch): string {
  const [program = "", ...rest] = [...launch.program, ...spec.args];
  const command = [
    quoted(executable(program)),
    ...rest.map((word) => quoted(word.replaceAll("$", "$$$$"))),
  ];
  const env = Object.entries(launch.env).sort(([a], [b]) => a < b ? -1 : 1);
  return `# ${MARKER} of kas ${launch.version}, and written again by it.
# Your own settings belong into a drop-in: systemctl --user edit ${spec.unit}
[Unit]
Description=${spec.description}

[Service]
Type=simple
ExecStart=${command.join(" ")}
${env.map(([name, value]) => `Environment=${quoted(`${name}=${value}`)}`).join("\n")}
Restart=on-failure
RestartSec=5
RestartPreventExitStatus=2 3
SuccessExitStatus=130 143
KillMode=process
TimeoutStopSec=90
StandardOutput=journal
StandardError=journal

[Install]
WantedBy=default.target
`;
}

/** systemd refuses paths of programs with these characters, however they are quoted. */
function executable(program: string): string {
  if (!/['"\\]/.test(program)) return program;
  throw new KasError("invalid", `Cannot have systemd start ${quote(program, 200)}`, {
    hint: "Its path has a quote or a backslash: put kas into another folder",
  });
}

/** A word in double quotes, as units want it. @see systemd.syntax(7), "Quoting"; systemd.unit(5), "Specifiers" */
function quoted(word: string): string {
  const escaped = plainText(word).replaceAll("\\", "\\\\").replaceAll('"', '\\"');
  return `"${escaped.replaceAll("%", "%%")}"`;
}

/** systemd's manager of the user. */
export function systemdManager(host: ServiceHost): ServiceManager {
  const folder = `${configHome(host)}/systemd/user`;
  const fileOf = (spec: ServiceSpec): string => `${folder}/${spec.unit}`;
  const ctl = (...words: string[]) => host.run(["systemctl", "--user", "--no-pager", ...words]);
  const must = async (...words: string[]): Promise<void> => {
    const { code, err } = await ctl(...words);
    if (code === 0) return;
    throw new KasError("internal", `systemctl --user ${words.join(" ")} failed`, {
      hint: err.trim() || `See: journalctl -e --user-unit=${words.at(-1)}`,
    });
  };
  const isActive = async (spec: ServiceSpec): Promise<boolean> =>
    ["active", "activating", "reloading"].includes((await ctl("is-active", spec.unit)).out.trim());
  return {
    kind: "systemd",
    fileOf,
    render: renderUnit,
    check: () => reachable(host),
    async install(spec, launch) {
      const file = fileOf(spec);
      const changed = await writeOwn(file, renderUnit(spec, launch));
      if (changed) await must("daemon-reload");
      await must("enable", "--quiet", spec.unit);
      const running = await isActive(spec);
      // One that failed too often is started only after its failures are forgotten.
      if (!running) await ctl("reset-failed", spec.unit);
      if (!running || changed) await must(running ? "restart" : "start", spec.unit);
      const action = !running ? "started" : changed ? "restarted" : "unchanged";
      return { service: spec.name, file, changed, action };
    },
    async uninstall(spec) {
      const file = fileOf(spec);
      if (await readOwn(file) === null) return { service: spec.name, file, removed: false };
      await must("disable", "--now", "--quiet", spec.unit);
      await removeFile(file);
      await must("daemon-reload");
      await ctl("reset-failed", spec.unit);
      return { service: spec.name, file, removed: true };
    },
    status: (spec) => statusOf(spec, fileOf(spec), ctl),
    logArgv: (spec, { lines, follow }) => [
      "journalctl",
      "--no-pager",
      "--output=short-iso",
      `--lines=${lines}`,
      ...follow ? ["--follow"] : [],
      // With --user it would look into journals of users alone, which a journal in memory has none of.
      `--user-unit=${spec.unit}`,
    ],
    advice: () => lingering(host),
  };
}

async function statusOf(
  spec: ServiceSpec,
  file: string,
  ctl: (...words: string[]) => Promise<{ out: string }>,
): Promise<Awaited<ReturnType<ServiceManager["status"]>>> {
  const names = "LoadState,ActiveState,SubState,UnitFileState,MainPID";
  const { out } = await ctl("show", `--property=${names}`, spec.unit);
  const facts = new Map(
    out.split("\n").map((line) => {
      const cut = line.indexOf("=");
      return [line.slice(0, cut), line.slice(cut + 1)] as const;
    }),
  );
  const active = facts.get("ActiveState") ?? "unknown";
  const pid = Number(facts.get("MainPID") ?? 0);
  const installed = facts.get("LoadState") === "loaded";
  return {
    service: spec.name,
    installed,
    running: active === "active",
    state: installed ? `${active} (${facts.get("SubState") ?? "unknown"})` : "not installed",
    pid: pid > 0 ? pid : null,
    enabled: (facts.get("UnitFileState") ?? "").startsWith("enabled"),
    file,
  };
}

/** Without a manager of the user (a container, su) nothing would ever start the units. */
async function reachable(host: ServiceHost): Promise<void> {
  const { code, err } = await host.run(["systemctl", "--user", "show-environment"]);
  if (code === 0) return;
  throw new KasError(
    "missing_program",
    `Cannot reach systemd's manager of the user: ${err.trim().split("\n")[0] ?? ""}`,
    { hint: `Log in by ssh or on a console; without one, run "kas daemon start"` },
  );
}

/** Services of a user end with the last login, unless the user lingers. @see loginctl(1) */
async function lingering(host: ServiceHost): Promise<string | null> {
  const { code, out } = await host.run([
    "loginctl",
    "show-user",
    String(host.uid),
    "--property=Linger",
    "--value",
  ]).catch((error: unknown) => {
    if (error instanceof KasError && error.code === "missing_program") return { code: 1, out: "" };
    throw error;
  });
  if (code !== 0 || out.trim() !== "no") return null;
  return 'services end when you log out: "loginctl enable-linger" keeps them';
}

function configHome({ env }: ServiceHost): string {
  const given = env.XDG_CONFIG_HOME ?? "";
  if (given.startsWith("/")) return given.replace(/(.)\/+$/, "$1");
  const home = env.HOME ?? "";
  if (home.startsWith("/")) return `${home.replace(/\/+$/, "")}/.config`;
  throw new KasError("invalid", `Cannot find the folder of units: HOME is ${quote(home)}`, {
    hint: "Set HOME to an absolute path",
  });
}
