import { startDaemon } from "../daemon/client.ts";
import type { Paths } from "../config/paths.ts";
import { KasError } from "../errors.ts";
import { quote } from "../names.ts";
import { TmuxServer } from "../session/tmux/mod.ts";
import type { DoctorFinding, Fix } from "./types.ts";

/** What the fixes of these findings would do, each once, in the order of the findings. */
export function planOf(findings: readonly DoctorFinding[]): Fix[] {
  const seen = new Set<string>();
  return findings.flatMap(({ fix }) => {
    const key = JSON.stringify(fix);
    if (fix === undefined || seen.has(key)) return [];
    seen.add(key);
    return [fix];
  });
}

/** A fix in words. */
export function describeFix(fix: Fix): string {
  switch (fix.kind) {
    case "chmod":
      return `close ${fix.path} to others (mode ${fix.mode.toString(8)})`;
    case "remove_folder":
      return `remove the folder ${fix.path}`;
    case "end_session":
      return `end the tmux session ${fix.tmuxName}`;
    case "start_daemon":
      return "start the daemon";
  }
}

/**
 * Does one fix.
 * @throws KasError "guard" for a folder that is not under kas's own state, and what doing it throws
 */
export async function applyFix(paths: Paths, fix: Fix): Promise<void> {
  switch (fix.kind) {
    case "chmod":
      return await Deno.chmod(fix.path, fix.mode);
    case "remove_folder":
      return await removeOwn(paths, fix.path);
    case "end_session": {
      await using tmux = TmuxServer.open({ socket: paths.tmuxSocket, env: Deno.env.toObject() });
      return await tmux.kill(fix.tmuxName);
    }
    case "start_daemon":
      return await startDaemon(paths);
  }
}

async function removeOwn(paths: Paths, path: string): Promise<void> {
  const root = await Deno.realPath(paths.stateDir);
  let real: string;
  try {
    real = await Deno.realPath(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  if (!real.startsWith(`${root}/`)) {
    throw new KasError("guard", `Cannot remove ${quote(path, 200)}: it is not under ${root}`);
  }
  await Deno.remove(real, { recursive: true });
}
