/**
 * File operations without a hop to another thread, for what every start of kas does: dozens of looks
 * at small files. A hop takes several times as long as such a look, and on a busy machine far longer.
 * Not for what may be large or slow: nothing else runs meanwhile. Each is as the one of Deno.
 */
export const now = {
  stat: (path: string): Promise<Deno.FileInfo> => Promise.try(Deno.statSync, path),
  lstat: (path: string): Promise<Deno.FileInfo> => Promise.try(Deno.lstatSync, path),
  realPath: (path: string): Promise<string> => Promise.try(Deno.realPathSync, path),
  readFile: (path: string): Promise<Uint8Array> => Promise.try(Deno.readFileSync, path),
  readTextFile: (path: string): Promise<string> => Promise.try(Deno.readTextFileSync, path),
  /** All names at once. */
  readDir: (path: string): Promise<Deno.DirEntry[]> =>
    Promise.try(() => [...Deno.readDirSync(path)]),
  mkdir: (path: string, options?: Deno.MkdirOptions): Promise<void> =>
    Promise.try(Deno.mkdirSync, path, options),
  rename: (from: string, to: string): Promise<void> => Promise.try(Deno.renameSync, from, to),
  chmod: (path: string, mode: number): Promise<void> => Promise.try(Deno.chmodSync, path, mode),
  writeTextFile: (path: string, text: string, options?: Deno.WriteFileOptions): Promise<void> =>
    Promise.try(Deno.writeTextFileSync, path, text, options),
};
