import { type Paths, pathVariables } from "../config/paths.ts";
import { KasError } from "../errors.ts";
import { selfArgv } from "../self.ts";
import { VERSION } from "../version.ts";
import { launchdManager } from "./launchd.ts";
import { systemdManager } from "./systemd.ts";
import type { Said, ServiceHost, ServiceLaunch, ServiceManager } from "./types.ts";

export {
  type Installed,
  type ServiceHost,
  type ServiceLaunch,
  type ServiceManager,
  type ServiceName,
  SERVICES,
  type ServiceSpec,
  type ServiceStatus,
  SPECS,
  type Uninstalled,
} from "./types.ts";
export { stopDaemon } from "./stop_daemon.ts";

/**
 * The service manager of this machine.
 * @throws KasError "missing_program" where there is neither systemd nor launchd
 */
export function serviceManager(host: ServiceHost, os: string = Deno.build.os): ServiceManager {
  if (os === "linux") return systemdManager(host);
  if (os === "darwin") return launchdManager(host);
  throw new KasError("missing_program", `Cannot manage services on ${os}`, {
    hint:
      'kas knows systemd and launchd; elsewhere let your own manager run "kas daemon start --foreground"',
  });
}

/** This machine and this user. */
export function localHost(paths: Paths): ServiceHost {
  return { env: Deno.env.toObject(), uid: Deno.uid() ?? 0, paths, run };
}

/** Variables that let `systemctl` and its kin find the manager and speak plainly. */
async function run(argv: readonly string[]): Promise<Said> {
  const [program = "", ...args] = argv;
  try {
    const { code, stdout, stderr } = await new Deno.Command(program, {
      args,
      env: { LC_ALL: "C", SYSTEMD_COLORS: "0", SYSTEMD_PAGER: "" },
      stdin: "null",
    }).output();
    const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
    return { code, out: text(stdout), err: text(stderr) };
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) throw cause;
    throw new KasError("missing_program", `Cannot manage services: there is no ${program}`, {
      hint:
        'Run "kas daemon start" instead, or let your own service manager run it with --foreground',
      cause,
    });
  }
}

/** Names of variables beside those of kas without which agents would not be found or not start. */
const PASSED = ["PATH", "LANG", "SHELL", "SSL_CERT_FILE", "DENO_TLS_CA_STORE"] as const;

/**
 * How this very kas is started by a service manager: with the places it has now, so that service and
 * command line agree wherever they are started from, and with the PATH on which the agents are.
 * Keys and tokens of the environment are not written into files.
 */
export function launchOf(
  { env, paths }: Pick<ServiceHost, "env" | "paths">,
  program: readonly string[] = selfArgv(),
): ServiceLaunch {
  const chosen: Record<string, string> = {};
  // From the sources kas needs the cache it was loaded with; the binary has its own.
  for (const name of ["HOME", ...PASSED, ...program.length > 1 ? ["DENO_DIR"] : []]) {
    const value = env[name] ?? "";
    if (value !== "") chosen[name] = value;
  }
  return { program, version: VERSION, env: { ...chosen, ...pathVariables(paths) } };
}
