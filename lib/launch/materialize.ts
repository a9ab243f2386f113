import { now } from "../files/now.ts";
import { ensurePrivateDir } from "../files/private_dir.ts";
import { KasError } from "../errors.ts";
import type { AgentContext } from "../agent/types.ts";
import { writePrivate } from "../harness/files.ts";
import type { GeneratedLink } from "../harness/types.ts";
import { quote } from "../names.ts";
import { applyAnswers } from "./answers.ts";
import { type CopySink, copyTree, ON_DISK } from "./copy_tree.ts";
import { parentOf, removeTree, saying } from "./disk.ts";
import type { PreparedLaunch } from "./types.ts";

/**
 * Writes what a launch needs: the copy of the agent's parts (never a link back, so that an agent
 * cannot change itself), the task, the harness's files, and the answers to start-up questions.
 * May be done again: the copy is made anew.
 * @throws KasError "guard" for a part that leads out of the agent's folder, "invalid" when something
 * cannot be written
 */
export async function materialize(prepared: PreparedLaunch): Promise<void> {
  const { launchDir, launch, promptFile, context } = prepared;
  await ensurePrivateDir(launchDir);
  await saying(`the launch folder ${quote(launchDir, 200)}`, async () => {
    await copyParts(prepared);
    if (promptFile !== null && context.task !== null) {
      await writePrivate(promptFile, context.task);
    }
    for (const file of launch.files) {
      requireInside(launchDir, file.path);
      const folder = parentOf(file.path);
      if (folder !== launchDir) await now.mkdir(folder, { recursive: true, mode: 0o700 });
      await writePrivate(file.path, file.text);
    }
    for (const link of launch.links ?? []) {
      requireInside(launchDir, link.path);
      await makeLink(link, context.directory);
    }
  });
  await applyAnswers(launch.answers, prepared.lockFile);
}

/** @throws KasError "internal" for a link into the agent's folder: it would let the agent change itself */
async function makeLink({ path, target }: GeneratedLink, directory: string | null): Promise<void> {
  if (directory !== null && (target === directory || target.startsWith(`${directory}/`))) {
    throw new KasError("internal", `Cannot link to ${quote(target, 200)}: it is the agent's own`);
  }
  await now.mkdir(parentOf(path), { recursive: true, mode: 0o700 });
  try {
    await Deno.symlink(target, path);
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    // a launch folder is used again; what the runtime put there itself meanwhile is its own
    if (!(await now.lstat(path)).isSymlink || await Deno.readLink(path) === target) return;
    await Deno.remove(path);
    await Deno.symlink(target, path);
  }
}

async function copyParts({ agentDir, context }: PreparedLaunch): Promise<void> {
  const fresh = `${agentDir}.new`;
  await emptyFolder(fresh);
  await putParts(context, fresh, ON_DISK);
  if (Object.keys(context.parts.hooks).length > 0) {
    await now.mkdir(`${fresh}/hooks`, { recursive: true, mode: 0o700 });
    await writePrivate(`${fresh}/hooks/hooks.json`, hookTable(context));
  }
  await replaceFolder(fresh, agentDir);
}

/** Copies the parts of an agent as they are. */
async function putParts(
  { parts, directory }: AgentContext,
  to: string,
  into: CopySink,
): Promise<void> {
  const copy = { root: directory, into, files: 0, bytes: 0 };
  for (const [name, folder] of Object.entries(parts.skills)) {
    await copyTree(copy, folder, partPath(to, "skills", name));
  }
  for (const [name, file] of Object.entries(parts.commands)) {
    await copyTree(copy, file, partPath(to, "commands", `${name}.md`));
  }
  if (parts.scriptsDir !== null) await copyTree(copy, parts.scriptsDir, `${to}/scripts`);
  if (parts.binDir !== null) await copyTree(copy, parts.binDir, `${to}/bin`);
  // scripts of hooks may lie beside their table
  const hasHooks = Object.keys(parts.hooks).length > 0 && directory !== null;
  if (hasHooks) await copyTree(copy, `${directory}/hooks`, `${to}/hooks`);
}

function hookTable({ parts }: AgentContext): string {
  return `${JSON.stringify({ hooks: parts.hooks }, null, 2)}\n`;
}

/** A file that a launch would write. */
export interface FileToWrite {
  readonly path: string;
  readonly bytes: number;
}

/**
 * The files {@link materialize} would write, sorted by their path. Writes nothing.
 * @throws KasError "guard" as {@link materialize}
 */
export async function filesToWrite(prepared: PreparedLaunch): Promise<FileToWrite[]> {
  const { agentDir, context, promptFile, launch } = prepared;
  const sizes = new Map<string, number>();
  const text = (path: string, content: string): void =>
    void sizes.set(path, new TextEncoder().encode(content).length);
  await putParts(context, agentDir, {
    folder: () => Promise.resolve(),
    file: (_source, path, { size }) => Promise.resolve(void sizes.set(path, size)),
  });
  if (Object.keys(context.parts.hooks).length > 0) {
    text(`${agentDir}/hooks/hooks.json`, hookTable(context));
  }
  if (promptFile !== null && context.task !== null) text(promptFile, context.task);
  for (const file of launch.files) text(file.path, file.text);
  return [...sizes].map(([path, bytes]) => ({ path, bytes }))
    .sort((a, b) => a.path < b.path ? -1 : 1);
}

/** A new folder; what was left there of a launch that was cut off is removed. */
async function emptyFolder(path: string): Promise<void> {
  try {
    await now.mkdir(path, { mode: 0o700 });
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    await removeTree(path);
    await now.mkdir(path, { mode: 0o700 });
  }
}

/** Renames a folder over another one; rename(2) does that by itself where that one is empty or absent. */
async function replaceFolder(from: string, to: string): Promise<void> {
  try {
    await now.rename(from, to);
  } catch (error) {
    const isFull = error instanceof Error && "code" in error &&
      (error.code === "ENOTEMPTY" || error.code === "EEXIST");
    if (!isFull) throw error;
    await removeTree(to);
    await now.rename(from, to);
  }
}

/** Where a named part goes. A name is one path segment, whatever the loader let pass. */
function partPath(root: string, kind: string, name: string): string {
  const isOne = name !== "" && name !== "." && name !== ".." && !/[/\0]/.test(name);
  if (isOne) return `${root}/${kind}/${name}`;
  throw new KasError("guard", `Cannot copy ${kind} under the name ${quote(name)}`, {
    hint: "Rename it to one word",
  });
}

function requireInside(root: string, path: string): void {
  const inside = path.startsWith(`${root}/`) && !path.split("/").includes("..");
  if (inside) return;
  throw new KasError("internal", `Cannot write ${quote(path, 200)}: it is not in ${quote(root)}`);
}
