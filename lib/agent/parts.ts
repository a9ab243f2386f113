import { now } from "../files/now.ts";
import { isAbsent } from "../files/there.ts";
import { KasError } from "../errors.ts";
import { parseName, quote } from "../names.ts";
import type { AgentFinding, Note } from "./findings.ts";
import { splitFrontmatter } from "./frontmatter.ts";
import { readText } from "./text_file.ts";
import type { AgentProfile } from "./types.ts";

/** What stands in an agent's folder beside its settings, each part read and checked by itself. */

/**
 * The system prompt of an agent: LF line ends, no byte order mark, no frontmatter. Empty when the
 * profile says that it has none (`prompt_file = ""`).
 * @throws KasError "invalid" when the file is missing or cannot be read, "guard" when a project's
 * agent names a file outside of its folder
 */
export async function readSoul(profile: AgentProfile, note: Note): Promise<string> {
  const { soulFile, directory, name, scope } = profile;
  if (soulFile === null || directory === null) return "";
  if (!soulFile.startsWith(`${directory}/`)) {
    if (scope === "project") throw soulOutside(name, soulFile);
    note({
      id: "soul.outside",
      severity: "warning",
      message: `The soul of ${quote(name)} is not in its folder: it stays behind when that moves`,
      detail: soulFile,
    });
  }
  const text = await readText(soulFile);
  if (text === null) {
    throw new KasError("invalid", `Cannot use the agent ${quote(name)}: its soul is missing`, {
      hint: `Write ${quote(soulFile, 300)}, or set soul.prompt_file = "" for an agent without one`,
      context: { agent: name, file: soulFile },
    });
  }
  if (text.includes("\0")) {
    throw new KasError("invalid", `Cannot read ${quote(soulFile, 200)}: it is not a text`, {
      hint: "Write the soul as plain text or markdown",
    });
  }
  const { head, body } = splitFrontmatter(text);
  for (const finding of soulFindings(soulFile, head, body)) note(finding);
  return body.trim() === "" ? "" : body;
}

function* soulFindings(file: string, head: string | null, body: string): Generator<AgentFinding> {
  if (head !== null) {
    const message = "The frontmatter of the soul is not part of the system prompt";
    const fix = "Settings belong into agent.toml";
    yield { id: "soul.frontmatter", severity: "info", message, detail: file, fix };
  }
  if (body.trim() === "") {
    const message = "The soul is empty: the agent has no system prompt";
    yield { id: "soul.empty", severity: "warning", message, detail: file };
  }
}

function soulOutside(name: string, file: string): KasError {
  return new KasError("guard", `Cannot use the agent ${quote(name)}: its soul lies elsewhere`, {
    hint: "The soul of a project's agent has to be in its folder",
    context: { agent: name, file },
  });
}

/**
 * Folders with a `SKILL.md` in `skills/`, by name.
 * @throws KasError "invalid" for a folder whose name cannot be that of a skill
 */
export async function readSkills(
  directory: string,
  note: Note,
): Promise<Record<string, string>> {
  const skills: Record<string, string> = {};
  for (const { name, path, isFolder } of await entriesOf(`${directory}/skills`)) {
    if (!isFolder) {
      strange("skills.stray_file", `${quote(`skills/${name}`, 200)} is no skill`, path, note);
    } else if (await infoOf(`${path}/SKILL.md`) === null) {
      strange("skills.no_manifest", `The skill ${quote(name)} has no SKILL.md`, path, note);
    } else {
      skills[legalName("skill", name, path)] = path;
    }
  }
  return skills;
}

/**
 * Markdown files in `commands/`, by the name of the slash command.
 * @throws KasError "invalid" for a file whose name cannot be that of a command
 */
export async function readCommands(
  directory: string,
  note: Note,
): Promise<Record<string, string>> {
  const commands: Record<string, string> = {};
  for (const { name, path, isFolder } of await entriesOf(`${directory}/commands`)) {
    if (isFolder || !name.endsWith(".md")) {
      const message = `${quote(`commands/${name}`, 200)} is no slash command, which is a .md file`;
      strange("commands.stray_file", message, path, note);
    } else {
      commands[legalName("command", name.slice(0, -3), path)] = path;
    }
  }
  return commands;
}

/** The folder `scripts/`, or null. @throws KasError "invalid" when it is no folder */
export async function readScripts(directory: string): Promise<string | null> {
  return await folderAt(`${directory}/scripts`) ? `${directory}/scripts` : null;
}

/**
 * The folder `bin/`, or null without one. What in it hides a well-known program, or cannot be
 * started, is a finding.
 * @throws KasError "invalid" when it is no folder
 */
export async function readBin(directory: string, note: Note): Promise<string | null> {
  if (!await folderAt(`${directory}/bin`)) return null;
  for (const { name, path, isFolder, mode } of await entriesOf(`${directory}/bin`)) {
    if (isFolder) {
      strange("bin.folder", `${quote(`bin/${name}`, 200)} is a folder`, path, note);
    } else if ((mode & 0o111) === 0) {
      const message = `${quote(`bin/${name}`, 200)} is not executable`;
      const fix = `Run: chmod +x ${quote(path, 300)}`;
      note({ id: "bin.not_executable", severity: "warning", message, detail: path, fix });
    } else if (WELL_KNOWN.has(name)) {
      const message = `${quote(`bin/${name}`)} takes the place of the program of that name`;
      const fix = "Give it a prefix of its own, unless that is what you want";
      note({ id: "bin.shadows", severity: "warning", message, detail: path, fix });
    }
  }
  return `${directory}/bin`;
}

const WELL_KNOWN: ReadonlySet<string> = new Set(
  ("awk bash bun cargo cat chmod claude codex copilot cp curl deno diff docker env fish gcc gemini gh " +
    "git go grep head java jq kas kill ls make mkdir mv node npm npx opencode patch perl pip pip3 " +
    "pnpm ps python python3 rg rm rsync ruby rustc sed sh sort ssh sudo tail tar tee test tmux tr " +
    "uv vi vim wget which xargs yarn zsh").split(" "),
);

function strange(id: string, message: string, detail: string, note: Note): void {
  note({ id, severity: "warning", message, detail, fix: "Move it elsewhere" });
}

function legalName(what: "skill" | "command", name: string, path: string): string {
  try {
    return parseName("agent", name);
  } catch (error) {
    if (!(error instanceof KasError) || error.code !== "invalid") throw error;
    throw new KasError("invalid", `Cannot use ${quote(name)} as the name of a ${what}`, {
      hint: `Rename ${quote(path, 300)}: letters, digits, ".", "_" and "-"`,
      cause: error,
    });
  }
}

interface Entry {
  readonly name: string;
  readonly path: string;
  readonly isFolder: boolean;
  readonly mode: number;
}

/** What is in a folder, sorted, without hidden files; nothing when there is no folder. */
async function entriesOf(folder: string): Promise<Entry[]> {
  if (!await folderAt(folder)) return [];
  const entries: Entry[] = [];
  for (const { name } of await now.readDir(folder)) {
    if (name.startsWith(".")) continue;
    const path = `${folder}/${name}`;
    const info = await infoOf(path);
    if (info === null) continue;
    entries.push({ name, path, isFolder: info.isDirectory, mode: info.mode ?? 0o777 });
  }
  return entries.sort((a, b) => a.name < b.name ? -1 : 1);
}

async function folderAt(path: string): Promise<boolean> {
  const info = await infoOf(path);
  if (info === null || info.isDirectory) return info !== null;
  throw new KasError("invalid", `Cannot read ${quote(path, 200)}: it is not a folder`, {
    hint: "Move the file away",
  });
}

async function infoOf(path: string): Promise<Deno.FileInfo | null> {
  try {
    return await now.stat(path);
  } catch (error) {
    if (isAbsent(error)) return null;
    throw error;
  }
}
