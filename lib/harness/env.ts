import { KasError } from "../errors.ts";
import type { RenderRequest } from "./types.ts";

/**
 * Host variables every agent gets. Anything else of the daemon's environment stays with the daemon:
 * it may hold secrets, or the marks of the agent session kas itself was started from. TERM is left
 * out because the terminal an agent runs in sets its own.
 */
export const HOST_ENV_NAMES: readonly string[] = [
  "PATH",
  "HOME",
  "LANG",
  "LANGUAGE",
  "LC_*",
  "SHELL",
  "USER",
  "LOGNAME",
  "TMPDIR",
  "TZ",
  "XDG_*",
  "SSH_AUTH_SOCK",
  "SSL_CERT_*",
  "NODE_EXTRA_CA_CERTS",
  "DENO_TLS_CA_STORE",
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "ALL_PROXY",
  "NO_PROXY",
  "http_proxy",
  "https_proxy",
  "all_proxy",
  "no_proxy",
];

/** The variables of `hostEnv` whose name is in one of `names`; an entry ending in `*` is a prefix. */
export function pickEnv(
  hostEnv: Readonly<Record<string, string>>,
  names: readonly string[],
): Record<string, string> {
  const allowed = (name: string): boolean =>
    names.some((entry) =>
      entry.endsWith("*") ? name.startsWith(entry.slice(0, -1)) : name === entry
    );
  return Object.fromEntries(Object.entries(hostEnv).filter(([name]) => allowed(name)));
}

/** What an agent may see of `hostEnv`: {@link HOST_ENV_NAMES} and the names its harness needs. */
export function hostEnvironment(
  hostEnv: Readonly<Record<string, string>>,
  harnessNames: readonly string[],
): Record<string, string> {
  return pickEnv(hostEnv, [...HOST_ENV_NAMES, ...harnessNames]);
}

/**
 * The environment of a launch: allowed host variables, and over them what the launch itself sets.
 */
export function launchEnvironment(
  { env, hostEnv, context }: Pick<RenderRequest, "env" | "hostEnv" | "context">,
  harnessNames: readonly string[],
): Record<string, string> {
  const passed = pickEnv(hostEnv, context.passEnv);
  return { ...hostEnvironment(hostEnv, harnessNames), ...passed, ...env };
}

/**
 * The home folder of an environment.
 * @throws KasError "invalid" when HOME is not set
 */
export function homeOf(env: Readonly<Record<string, string>>): string {
  const home = env["HOME"];
  if (home !== undefined && home !== "") return home;
  throw new KasError("invalid", "Cannot find the agent's settings: HOME is not set", {
    hint: "Set HOME for the daemon or in the profile's env",
  });
}
