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
    for (const file of await filesBelow(dist)) {
      await Deno.mkdir(`${stage}/dist/${file}`.replace(/\/[^/]*$/, ""), { recursive: true });
      await Deno.copyFile(`${dist}/${file}`, `${stage}/dist/${file}`);
    }
    await Deno.writeTextFile(`${stage}/complete`, "");
    const id = `kas-${version}-${await contentId(stage)}`;
    await writeArchive(stage, out, launcher(id));
  } finally {
    await Deno.remove(stage, { recursive: true });
  }
}

/** Paths of all files below a folder, sorted; the launcher's shell takes them as they are. */
async function filesBelow(folder: string, prefix = ""): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(`${folder}/${prefix}`)) {
    const path = `${prefix}${name}`;
    if (!/^[\w.-]+$/.test(name)) throw new ScriptError(`Cannot pack a file called "${path}"`);
    found.push(...isDirectory ? await filesBelow(folder, `${path}/`) : [path]);
  }
  return found.sort();
}

/** The same content has the same name: building twice does not make users unpack twice. */
async function contentId(stage: string): Promise<string> {
  const files = ["deno", ...(await filesBelow(`${stage}/dist`)).map((file) => `dist/${file}`)];
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
