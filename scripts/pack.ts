import { launcher } from "./launcher.ts";
import { ScriptError } from "./run.ts";

/**
 * Writes the self-extracting file: launcher, then a gzip'd tar of this very Deno and a bundle.
 * @param dist folder of the bundle
 * @param out path of the file to write
 * @param version stands in the name of the folder it unpacks to
 * @throws ScriptError when tar fails
 */
export async function pack(dist: string, out: string, version: string): Promise<void> {
  const stage = await Deno.makeTempDir({ prefix: "kas-pack-" });
  try {
    await Deno.copyFile(Deno.execPath(), `${stage}/deno`);
    await Deno.chmod(`${stage}/deno`, 0o755);
    await Deno.mkdir(`${stage}/dist`);
    for (const name of await names(dist)) {
      await Deno.copyFile(`${dist}/${name}`, `${stage}/dist/${name}`);
    }
    await Deno.writeTextFile(`${stage}/complete`, "");
    const id = `kas-${version}-${await contentId(stage)}`;
    await writeArchive(stage, out, launcher(id));
  } finally {
    await Deno.remove(stage, { recursive: true });
  }
}

async function names(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder))).map((entry) => entry.name).sort();
}

/** The same content has the same name: building twice does not make users unpack twice. */
async function contentId(stage: string): Promise<string> {
  const files = ["deno", ...(await names(`${stage}/dist`)).map((name) => `dist/${name}`)];
  const digests = await Promise.all(files.map(async (file) => {
    const digest = await crypto.subtle.digest("SHA-256", await Deno.readFile(`${stage}/${file}`));
    return `${file} ${new Uint8Array(digest).toHex()}\n`;
  }));
  const all = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(digests.join("")));
  return new Uint8Array(all).toHex().slice(0, 16);
}

async function writeArchive(stage: string, out: string, header: string): Promise<void> {
  const tar = new Deno.Command("tar", {
    // "complete" comes last: where it is, everything before it is.
    args: ["-C", stage, "-cf", "-", "deno", "dist", "complete"],
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const file = await Deno.open(out, { write: true, createNew: true, mode: 0o755 });
  const writer = file.writable.getWriter();
  await writer.write(new TextEncoder().encode(header));
  writer.releaseLock();
  await tar.stdout.pipeThrough(new CompressionStream("gzip")).pipeTo(file.writable);
  const { success, code } = await tar.status;
  if (!success) throw new ScriptError(`tar failed with status ${code}`);
}
