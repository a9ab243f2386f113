/** Where the copy went, or why there is none. */
export type SetAside =
  | { readonly ok: true; readonly path: string }
  | { readonly ok: false; readonly why: string };

/**
 * Copies a damaged database and its -wal and -shm to `<path>.corrupt-<time>`. The time is that of the
 * last change, so that the same damage is copied once however often it is met. Never throws: the
 * caller is about to report the damage itself.
 */
export function setAside(path: string): SetAside {
  try {
    const parts = ["", "-wal", "-shm"].flatMap((suffix) => {
      const info = statOrNull(path + suffix);
      return info === null ? [] : [{ suffix, changed: info.mtime?.getTime() ?? 0 }];
    });
    const changed = new Date(Math.max(0, ...parts.map((part) => part.changed)));
    const target = `${path}.corrupt-${changed.toISOString().replaceAll(/[:.]/g, "-")}`;
    for (const { suffix } of parts.reverse()) copyOnce(path + suffix, target + suffix);
    return { ok: true, path: target };
  } catch (error) {
    return { ok: false, why: error instanceof Error ? error.message : String(error) };
  }
}

/** Copies through a rename, so that a copy that is there is whole. */
function copyOnce(from: string, to: string): void {
  if (statOrNull(to) !== null) return;
  const draft = `${to}.${crypto.randomUUID().slice(0, 8)}`;
  try {
    Deno.copyFileSync(from, draft);
    Deno.renameSync(draft, to);
  } catch (error) {
    if (statOrNull(draft) !== null) Deno.removeSync(draft);
    throw error;
  }
}

/** Facts about a file, or null when it is not there. */
export function statOrNull(path: string): Deno.FileInfo | null {
  try {
    return Deno.statSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
