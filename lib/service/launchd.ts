import { KasError } from "../errors.ts";
import { quote } from "../names.ts";
import type { ServiceHost, ServiceLaunch, ServiceManager, ServiceSpec } from "./types.ts";
import { MARKER, plainText, readOwn, removeFile, writeOwn } from "./unit_file.ts";

/**
 * The property list of an agent of launchd. `AbandonProcessGroup` leaves the tmux server with the
 * agents alone when kas itself ends.
 * @param logs folder of the log
 * @throws KasError "invalid" for words that no property list can hold
 * @see launchd.plist(5)
 */
export function renderPlist(spec: ServiceSpec, launch: ServiceLaunch, logs: string): string {
  const words = [...launch.program, ...spec.args].map((word) => `    ${string(word)}`);
  const env = Object.entries(launch.env).sort(([a], [b]) => a < b ? -1 : 1)
    .map(([name, value]) => `    <key>${escaped(name)}</key>\n    ${string(value)}`);
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<!-- ${MARKER} of kas ${launch.version}, and written again by it. -->
<plist version="1.0">
<dict>
  <key>Label</key>
  ${string(spec.label)}
  <key>ProgramArguments</key>
  <array>
${words.join("\n")}
  </array>
  <key>EnvironmentVariables</key>
  <dict>
${env.join("\n")}
  </dict>
  <key>RunAtLoad</key>
  <true/>
  <key>KeepAlive</key>
  <dict>
    <key>SuccessfulExit</key>
    <false/>
  </dict>
  <key>ThrottleInterval</key>
  <integer>5</integer>
  <key>AbandonProcessGroup</key>
  <true/>
  <key>ExitTimeOut</key>
  <integer>90</integer>
  <key>StandardOutPath</key>
  ${string(`${logs}/${spec.log}`)}
  <key>StandardErrorPath</key>
  ${string(`${logs}/${spec.log}`)}
</dict>
</plist>
`;
}

function string(text: string): string {
  return `<string>${escaped(text)}</string>`;
}

function escaped(text: string): string {
  return plainText(text).replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** launchd in the session of the user. @see launchctl(1) */
export function launchdManager(host: ServiceHost): ServiceManager {
  const home = homeOf(host);
  const logs = `${home}/Library/Logs/kasmos`;
  const domain = `gui/${host.uid}`;
  const fileOf = (spec: ServiceSpec): string => `${home}/Library/LaunchAgents/${spec.label}.plist`;
  const ctl = (...words: string[]) => host.run(["launchctl", ...words]);
  const isLoaded = async (spec: ServiceSpec): Promise<boolean> =>
    (await ctl("print", `${domain}/${spec.label}`)).code === 0;
  const must = async (...words: string[]): Promise<void> => {
    const { code, err } = await ctl(...words);
    if (code === 0) return;
    throw new KasError("internal", `launchctl ${words.join(" ")} failed`, {
      hint: err.trim() || "See: log show --predicate 'process == \"launchd\"' --last 5m",
    });
  };
  return {
    kind: "launchd",
    fileOf,
    render: (spec, launch) => renderPlist(spec, launch, logs),
    check: () => must("print", domain),
    async install(spec, launch) {
      const file = fileOf(spec);
      const changed = await writeOwn(file, renderPlist(spec, launch, logs));
      await Deno.mkdir(logs, { recursive: true });
      const loaded = await isLoaded(spec);
      if (loaded && !changed) return { service: spec.name, file, changed, action: "unchanged" };
      // launchd reads the file only when it is loaded.
      if (loaded) await must("bootout", `${domain}/${spec.label}`);
      await must("bootstrap", domain, file);
      return { service: spec.name, file, changed, action: loaded ? "restarted" : "started" };
    },
    async uninstall(spec) {
      const file = fileOf(spec);
      if (await readOwn(file) === null) return { service: spec.name, file, removed: false };
      if (await isLoaded(spec)) await must("bootout", `${domain}/${spec.label}`);
      await removeFile(file);
      return { service: spec.name, file, removed: true };
    },
    async status(spec) {
      const { code, out } = await ctl("print", `${domain}/${spec.label}`);
      const state = /^\s*state = (.+)$/m.exec(out)?.[1];
      const pid = Number(/^\s*pid = (\d+)$/m.exec(out)?.[1] ?? 0);
      const installed = code === 0;
      return {
        service: spec.name,
        installed,
        running: state === "running",
        state: installed ? state ?? "unknown" : "not installed",
        pid: pid > 0 ? pid : null,
        enabled: installed,
        file: fileOf(spec),
      };
    },
    logArgv: (spec, { lines, follow }) => [
      "tail",
      "-n",
      String(lines),
      ...follow ? ["-F"] : [],
      "--",
      `${logs}/${spec.log}`,
    ],
    advice: () => Promise.resolve(null),
  };
}

function homeOf({ env }: ServiceHost): string {
  const home = env.HOME ?? "";
  if (home.startsWith("/")) return home.replace(/(.)\/+$/, "$1");
  throw new KasError("invalid", `Cannot find your Library: HOME is ${quote(home)}`, {
    hint: "Set HOME to an absolute path",
  });
}
