/**
 * How to start this very program again (the daemon, agents' MCP server): from source, as a compiled
 * binary and as the self-extracting file, whose launcher passes its own path in KAS_LAUNCHER.
 */
const launcher = Deno.env.get("KAS_LAUNCHER");
if (launcher !== undefined) {
  // The launcher set these for this process; children must not inherit them.
  const own = ["KAS_LAUNCHER", "DENO_DIR", "DENO_NO_UPDATE_CHECK", "DENO_NO_PACKAGE_JSON"];
  for (const name of own) Deno.env.delete(name);
}

/** The argv that runs kas, to be followed by a command. */
export function selfArgv(): readonly string[] {
  if (Deno.build.standalone) return [Deno.execPath()];
  if (launcher !== undefined) return [launcher];
  const main = decodeURIComponent(new URL("../main.ts", import.meta.url).pathname);
  return [Deno.execPath(), "run", "-A", "--quiet", main];
}
