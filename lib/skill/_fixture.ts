/** Real folders and real repositories in a temporary place; for the tests of this room only. */

import assert from "node:assert/strict";
import { type ErrorCode, KasError } from "../errors.ts";
import type { GitOptions } from "../git/run.ts";
import { parentOf } from "./_files.ts";
import type { SkillHome } from "./home.ts";
import { installSkills } from "./install.ts";
import { type OpenSource, openSource } from "./open_source.ts";
import { type SkillSource, withRef } from "./source.ts";

/** Files by path; `-> x` makes a link to x. */
export type Files = Readonly<Record<string, string>>;

/** Where a test happens. */
export interface Scene {
  readonly tmp: string;
  /** A home that does not exist yet, in the folder `base`. */
  readonly home: SkillHome;
  readonly base: string;
  readonly git: GitOptions;
  /** Writes files below a folder. */
  write(folder: string, files: Files): Promise<void>;
  /** Makes a repository with these files in one commit; returns its path. */
  repo(name: string, files: Files): Promise<string>;
  /** Commits files to it; returns the commit. */
  commit(repo: string, files: Files, gone?: readonly string[]): Promise<string>;
  run(repo: string, ...args: string[]): Promise<string>;
  /** Opens a source; it is closed with the scene. */
  open(source: SkillSource): Promise<OpenSource>;
  /** Installs all skills of a source. */
  add(source: SkillSource, options?: { force?: boolean }): Promise<void>;
  /** Every file below a folder: text, or `-> target` for a link. */
  files(folder: string): Promise<Record<string, string>>;
}

/** A well-formed SKILL.md. */
export function skillFile(name: string, body = "Do it well.\n"): string {
  return `---\nname: ${name}\ndescription: How to ${name}\n---\n\n${body}`;
}

/** A local repository as git fetches it. */
export function remote(path: string, ref: string | null = null): SkillSource {
  return { kind: "git", url: `file://${path}`, ref };
}

/** A local folder. */
export function local(path: string, ref: string | null = null): SkillSource {
  const source: SkillSource = { kind: "local", path, ref: null };
  return ref === null ? source : withRef(source, ref);
}

/** Makes a place, runs the test in it and removes it. */
export async function inScene(test: (scene: Scene) => Promise<void>): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const tmp = await Deno.realPath(await Deno.makeTempDir({ prefix: "kas-skill-test-" }));
  stack.defer(() => Deno.remove(tmp, { recursive: true }));
  await test(await sceneIn(tmp, stack));
}

async function sceneIn(tmp: string, stack: AsyncDisposableStack): Promise<Scene> {
  const env = {
    HOME: tmp,
    XDG_CONFIG_HOME: tmp,
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_NOSYSTEM: "1",
  };
  const run = async (cwd: string, ...args: string[]) => {
    const { code, stdout, stderr } = await new Deno.Command("git", {
      args: ["-c", "user.name=U", "-c", "user.email=u@x", ...args],
      cwd,
      env,
    }).output();
    assert.equal(code, 0, `git ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
    return new TextDecoder().decode(stdout).trim();
  };
  const commit = async (repo: string, files: Files, gone: readonly string[] = []) => {
    for (const path of gone) await Deno.remove(`${repo}/${path}`, { recursive: true });
    await writeFiles(repo, files);
    await run(repo, "add", "--all");
    await run(repo, "commit", "-q", "--allow-empty", "-m", "change");
    return await run(repo, "rev-parse", "HEAD");
  };
  const base = `${tmp}/place`;
  await Deno.mkdir(base);
  const home: SkillHome = { path: `${base}/.agents/skills`, label: "the project", within: base };
  const git: GitOptions = { env };
  const open = async (source: SkillSource) => stack.use(await openSource(source, git));
  return {
    tmp,
    base,
    home,
    git,
    run,
    commit,
    open,
    write: writeFiles,
    async repo(name, files) {
      const path = `${tmp}/${name}`;
      await Deno.mkdir(path, { recursive: true });
      await run(path, "init", "-q", "-b", "main");
      await commit(path, files);
      return path;
    },
    async add(source, options = {}) {
      const opened = await open(source);
      const skills = opened.skills.map((candidate) => ({ candidate, source: opened }));
      await installSkills(home, skills, options);
    },
    files: readFiles,
  };
}

async function writeFiles(folder: string, files: Files): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await Deno.mkdir(parentOf(`${folder}/${path}`), { recursive: true });
    if (text.startsWith("-> ")) await Deno.symlink(text.slice(3), `${folder}/${path}`);
    else await Deno.writeTextFile(`${folder}/${path}`, text);
  }
}

async function readFiles(folder: string, below = ""): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const { name, isDirectory, isSymlink } of Deno.readDir(`${folder}/${below}`)) {
    const path = below === "" ? name : `${below}/${name}`;
    if (isDirectory) Object.assign(found, await readFiles(folder, path));
    else if (isSymlink) found[path] = `-> ${await Deno.readLink(`${folder}/${path}`)}`;
    else found[path] = await Deno.readTextFile(`${folder}/${path}`);
  }
  return found;
}

/** Asserts that a promise rejects with a KasError of a code whose message matches. */
export async function rejects(
  promise: Promise<unknown>,
  code: ErrorCode,
  message: RegExp,
): Promise<KasError> {
  try {
    await promise;
  } catch (error) {
    assert.ok(error instanceof KasError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    return error;
  }
  assert.fail("it did not fail");
}
