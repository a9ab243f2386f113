import { KasError } from "../errors.ts";
import { quote } from "../names.ts";
import { nearest } from "../suggest.ts";
import { git, type GitContext, rev } from "./_context.ts";
import { ifExists } from "./_paths.ts";
import { type GitOptions, requireGit, runGit } from "./run.ts";

/**
 * Fetching somebody else's repository for its files alone: nothing in it is ever run, and nothing
 * in it says how it is checked out.
 */

/** What {@link fetchSource} fetches. */
export interface FetchSourceOptions extends GitOptions {
  /** A URL of {@link checkRemote}, or the absolute path of a repository. */
  readonly url: string;
  /** A branch, a tag, a full ref name or a commit id; null for the remote's default branch. */
  readonly ref: string | null;
  /** An existing empty folder, which gets the files and a `.git`. */
  readonly into: string;
}

/** The refs a remote has. */
export interface RemoteRefs {
  /** Commit of its default branch; null for an empty repository. */
  readonly head: string | null;
  /** Commit by full ref name; an annotated tag has the commit it points at. */
  readonly refs: ReadonlyMap<string, string>;
}

// The list stands in the environment, where it beats every setting of the user and of a redirect.
const HARD_CONFIG: readonly [key: string, value: string][] = [
  ["core.hooksPath", "/dev/null"],
  ["core.symlinks", "true"],
  ["core.protectHFS", "true"],
  ["core.protectNTFS", "true"],
  ["fetch.recurseSubmodules", "false"],
  ["fetch.writeCommitGraph", "false"],
  ["transfer.bundleURI", "false"],
];
const HARD_ENV: Readonly<Record<string, string>> = {
  GIT_ALLOW_PROTOCOL: "https:ssh:git:file",
  GIT_LFS_SKIP_SMUDGE: "1",
  GIT_CONFIG_COUNT: String(HARD_CONFIG.length),
  ...Object.fromEntries(
    HARD_CONFIG.flatMap(([key, value], i) => [
      [`GIT_CONFIG_KEY_${i}`, key],
      [`GIT_CONFIG_VALUE_${i}`, value],
    ]),
  ),
};
// Of all attributes these have the last word: no filter program, no change of a byte.
const PLAIN_ATTRIBUTES = "* -filter -text -eol -ident -working-tree-encoding\n";

const SCHEME = /^(https|ssh|git|file):\/\/(.+)$/s;
const SCP = /^(?:[\w.-]+@)?([\w.-]+):(?!:)(.+)$/s;

/**
 * Checks an address that is given to git: `https`, `ssh`, `git` or `file` URL, `host:path` of ssh, or
 * an absolute path. Other transports, of which some start programs, are refused.
 * @throws KasError "guard"
 * @see https://git-scm.com/docs/git-clone#_git_urls
 */
export function checkRemote(url: string): string {
  const refuse = (why: string) =>
    new KasError("guard", `Cannot fetch from ${quote(hidden(url), 200)}: ${why}`, {
      hint: "Use an https, ssh, git or file URL, or a path",
    });
  if (url.startsWith("/") && !url.includes("\0")) return url;
  if (/\p{Cc}/u.test(url)) throw refuse("it holds control characters");
  const scheme = SCHEME.exec(url);
  if (scheme !== null) {
    const authority = /^[^/?#]*/.exec(scheme[2] ?? "")?.[0] ?? "";
    if (scheme[1] !== "file" && authority === "") throw refuse("it names no host");
    if (/^([^@]*@)?-/.test(authority)) throw refuse("its host begins with a dash");
    if (/:[^@]*@/.test(authority)) throw refuse("it holds a password");
    return url;
  }
  const scp = url.includes("://") ? null : SCP.exec(url);
  if (scp === null) throw refuse("kas does not use this transport");
  if (scp[1]?.startsWith("-")) throw refuse("its host begins with a dash");
  return url;
}

/**
 * Asks a remote for its branches and tags.
 * @throws KasError "guard" as {@link checkRemote}, "git_failed", "missing_program"
 */
export async function remoteRefs(url: string, options: GitOptions = {}): Promise<RemoteRefs> {
  checkRemote(url);
  await requireGit(options);
  // From the root folder: settings of the repository one stands in have no say.
  const { stdout } = await reach(
    url,
    () => runGit(["ls-remote", "--", url], { ...hardened(options), cwd: "/" }),
  );
  const refs = new Map<string, string>();
  let head: string | null = null;
  for (const line of stdout.split("\n")) {
    const [commit = "", name = ""] = line.split("\t");
    if (name === "HEAD") head = commit;
    // A peeled tag follows the tag itself.
    else if (name !== "") refs.set(name.replace(/\^\{\}$/, ""), commit);
  }
  return { head, refs };
}

/**
 * Fetches one commit of a repository into an empty folder: shallow where the remote allows it, without
 * submodules, hooks, filters or prompts. Returns the commit that lies there now.
 * @throws KasError "guard" as {@link checkRemote}, "not_found" when the remote has no such ref,
 * "git_failed", "missing_program"; the abort reason when the signal fires
 */
export async function fetchSource(options: FetchSourceOptions): Promise<{ commit: string }> {
  const { url, into } = options;
  const remote = await remoteRefs(url, options);
  const ctx: GitContext = { ...hardened(options), root: into, commonDir: `${into}/.git` };
  await runGit(["init", "--quiet", "--template=", "--", into], {
    ...hardened(options),
    cwd: into,
    write: true,
  });
  await Deno.mkdir(`${into}/.git/info`, { recursive: true });
  await Deno.writeTextFile(`${into}/.git/info/attributes`, PLAIN_ATTRIBUTES);
  const commit = await reach(url, () => fetchCommit(ctx, options, remote));
  await git(ctx, ["checkout", "--quiet", "--detach", "--force", commit], {
    write: true,
  });
  return { commit };
}

async function fetchCommit(
  ctx: GitContext,
  { url, ref }: FetchSourceOptions,
  remote: RemoteRefs,
): Promise<string> {
  const name = ref === null ? "HEAD" : refName(rev(ref), remote);
  if (ref === null && remote.head === null) throw empty(url);
  let commit: string | null = null;
  if (name !== null) {
    await fetch(ctx, url, ["--depth=1", "--no-tags"], [name]);
    commit = await resolve(ctx, "FETCH_HEAD");
  } else if (ref !== null && /^[0-9a-f]{4,64}$/i.test(ref)) {
    commit = await fetchById(ctx, url, ref);
  }
  if (commit === null) throw notFound(url, ref, remote);
  return commit;
}

async function fetchById(ctx: GitContext, url: string, id: string): Promise<string | null> {
  if (id.length >= 40) {
    const shallow = await fetch(ctx, url, ["--depth=1", "--no-tags"], [id], [0, 1, 128]);
    const commit = shallow ? await resolve(ctx, "FETCH_HEAD") : null;
    if (commit !== null) return commit;
  }
  // A short id, or a remote that gives no single commits: all of its history has to come.
  await fetch(ctx, url, ["--tags"], ["+refs/heads/*:refs/remotes/origin/*"]);
  return await resolve(ctx, id);
}

/** The full name of a ref as a person writes it; branches before tags, as `git clone --branch` has it. */
function refName(ref: string, remote: RemoteRefs): string | null {
  const names = [
    `refs/heads/${ref}`,
    `refs/tags/${ref}`,
    ...(ref.startsWith("refs/") ? [ref] : []),
  ];
  return names.find((name) => remote.refs.has(name)) ?? null;
}

async function fetch(
  ctx: GitContext,
  url: string,
  options: readonly string[],
  refs: readonly string[],
  ok: readonly number[] = [0],
): Promise<boolean> {
  const { code } = await git(
    ctx,
    ["fetch", "--quiet", "--no-recurse-submodules", ...options, "--", url, ...refs],
    { write: true, ok },
  );
  return code === 0;
}

async function resolve(ctx: GitContext, name: string): Promise<string | null> {
  const { code, stdout } = await git(
    ctx,
    ["rev-parse", "--verify", "--quiet", "--end-of-options", `${name}^{commit}`],
    { ok: [0, 1, 128] },
  );
  return code === 0 ? stdout.trim() : null;
}

/** Where a folder lies in a repository. */
export interface InRepository {
  /** What can be fetched from: the work tree, or the bare repository itself. */
  readonly top: string;
  /** The folder below it, without slashes at its ends; empty for the top. */
  readonly prefix: string;
  readonly bare: boolean;
}

/**
 * Finds the repository a local folder is in; null outside of one.
 * @throws KasError "missing_program"; "git_failed" for a repository git does not open
 */
export async function locateInRepository(
  path: string,
  options: GitOptions = {},
): Promise<InRepository | null> {
  await requireGit(options);
  const info = await ifExists(Deno.stat(path));
  if (info === null || !info.isDirectory) return null;
  const at = { ...options, cwd: path, ok: [0, 128] };
  const { code, stdout, stderr } = await runGit(["rev-parse", "--is-bare-repository"], at);
  if (code !== 0) {
    if (/not a git repository/i.test(stderr)) return null;
    throw new KasError("git_failed", `Cannot open the repository of ${quote(path, 200)}`, {
      hint: stderr.trim(),
    });
  }
  if (stdout.trim() === "true") return { top: await Deno.realPath(path), prefix: "", bare: true };
  const top = await runGit(["rev-parse", "--path-format=absolute", "--show-toplevel"], at);
  if (top.code !== 0) return null; // inside a .git folder
  const prefix = await runGit(["rev-parse", "--show-prefix"], at);
  return {
    top: top.stdout.replace(/\n$/, ""),
    prefix: prefix.stdout.replace(/\n$/, "").replace(/\/+$/, ""),
    bare: false,
  };
}

/** Says which address failed, and what to look at; kas never asks for a password. */
async function reach<T>(url: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof KasError) || error.code !== "git_failed") throw error;
    throw new KasError("git_failed", error.message, {
      hint: `Check that ${quote(hidden(url), 200)} is right and that you may read it; ` +
        "git must be able to log in without asking",
      cause: error,
      context: error.context,
    });
  }
}

function hardened(options: GitOptions): GitOptions {
  return {
    env: { ...options.env, ...HARD_ENV },
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    ...(options.lockWaitMs === undefined ? {} : { lockWaitMs: options.lockWaitMs }),
  };
}

function hidden(url: string): string {
  return url.replace(/\/\/[^/\s@]+@/g, "//***@");
}

function empty(url: string): KasError {
  return new KasError("not_found", `Cannot fetch ${quote(hidden(url), 200)}: it has no commit`);
}

function notFound(url: string, ref: string | null, remote: RemoteRefs): KasError {
  const names = [...remote.refs.keys()].map((name) => name.replace(/^refs\/(heads|tags)\//, ""));
  const near = nearest(ref ?? "", names);
  const some = names.filter((name) => !name.startsWith("refs/")).slice(0, 10);
  return new KasError(
    "not_found",
    `Cannot find ${quote(ref ?? "HEAD")} in ${quote(hidden(url), 200)}`,
    {
      hint: near !== null
        ? `Did you mean ${quote(near)}?`
        : some.length === 0
        ? "It has no branches and no tags"
        : `It has ${some.join(", ")}${names.length > some.length ? " and more" : ""}`,
      context: { ref },
    },
  );
}
