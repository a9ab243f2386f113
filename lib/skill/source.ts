import { KasError } from "../errors.ts";
import { quote } from "../names.ts";
import { nearest } from "../suggest.ts";
import { parseRef, parseSubpath } from "./names.ts";

/** Where skills come from, as a person writes it. Pure. */

/** A folder of this machine. */
export interface LocalSource {
  readonly kind: "local";
  /** Absolute. */
  readonly path: string;
  /** Only from `--ref`: a path has no room for it. */
  readonly ref: string | null;
}

/** A repository of a forge whose addresses are understood. */
export interface ForgeSource {
  readonly kind: "github" | "gitlab";
  /** `owner/repository`; on GitLab with the groups between. */
  readonly project: string;
  readonly subpath: string | null;
  readonly ref: string | null;
  /**
   * What stands behind `/tree/`: a ref, then perhaps a folder. Which is which only the remote knows,
   * since both may hold slashes; see {@link splitTree}.
   */
  readonly tree: string | null;
}

/** Any other repository that git can reach. */
export interface GitSource {
  readonly kind: "git";
  readonly url: string;
  readonly ref: string | null;
}

/** A parsed source. */
export type SkillSource = LocalSource | ForgeSource | GitSource;

/** What the address itself does not say. */
export interface SourceContext {
  /** For `~`; null when it is not known. */
  readonly home: string | null;
  /** Absolute folder that relative paths start from. */
  readonly cwd: string;
}

/** Sources known by a bare word. */
const KNOWN: ReadonlyMap<string, string> = new Map([["anthropic-skills", "anthropics/skills"]]);

const OWNER = "[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?";
const REPO = "[A-Za-z0-9_.-]+";
const SHORTHAND = new RegExp(`^(${OWNER}/${REPO})((?:/[^@]+)?)(?:@(.+))?$`, "s");
const SCP = /^([\w.-]+@[\w.-]+:)(?!:)([\s\S]+)$/;

/**
 * Reads a source. The first that fits counts: a path (`./x`, `/x`, `~/x`, `file://`), a GitHub or
 * GitLab address, a git URL (`git+…`, `ssh://`, `user@host:path`, anything ending in `.git`), the
 * short form `owner/repository[/folder][@ref]`, a known name. Every form but a path takes `@ref`.
 * @throws KasError "usage" when nothing fits, "invalid" when a part of it is not legal
 */
export function parseSource(input: string, context: SourceContext): SkillSource {
  if (input === "" || /[\0\n\r]/.test(input)) throw unknown(input);
  const source = parseLocal(input, context) ?? parseForge(input) ?? parseGit(input) ??
    parseShort(input);
  if (source !== null) return source;
  const known = KNOWN.get(input);
  if (known === undefined) throw unknown(input);
  return forge("github", known, null, null);
}

function parseLocal(input: string, { home, cwd }: SourceContext): LocalSource | null {
  if (input.startsWith("file://")) return local(fromFileUrl(input));
  if (input === "~" || input.startsWith("~/")) {
    if (home !== null) return local(join(home, `.${input.slice(1)}`));
    throw new KasError("invalid", `Cannot resolve ${quote(input, 200)}: HOME is not set`, {
      hint: "Write the whole path",
    });
  }
  return /^[./]/.test(input) ? local(join(cwd, input)) : null;
}

function local(path: string): LocalSource {
  return { kind: "local", path, ref: null };
}

function fromFileUrl(input: string): string {
  const url = URL.parse(input);
  if (url === null || !["", "localhost"].includes(url.hostname)) throw unknown(input);
  return join("/", decoded(url.pathname, input));
}

/** Resolves "." and ".." by words alone. */
function join(base: string, path: string): string {
  const parts: string[] = [];
  for (const part of (path.startsWith("/") && base !== "/" ? path : `${base}/${path}`).split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}

function parseForge(input: string): ForgeSource | null {
  const short = /^gitlab:([^@]+)(?:@(.+))?$/s.exec(input);
  if (short !== null) return gitlab(short[1] ?? "", short[2], input);
  const web = /^https?:\/\/(?:www\.)?(github|gitlab)\.com\/([^?#]*)(?:[?#].*)?$/is.exec(input);
  if (web === null) return null;
  const path = decoded(web[2] ?? "", input).replace(/\/+$/, "");
  const isGithub = web[1]?.toLowerCase() === "github";
  const tree = (isGithub ? /^([^/]+\/[^/]+)\/tree\/(.+)$/s : /^(.+?)\/-\/tree\/(.+)$/s).exec(path);
  if (tree !== null) {
    const [, project = "", rest = ""] = tree;
    const made = forge(isGithub ? "github" : "gitlab", project, null, null);
    return { ...made, tree: parseTree(rest) };
  }
  const [, place = "", ref] = /^([^@]*)(?:@(.+))?$/s.exec(path) ?? [];
  if (!isGithub) return gitlab(place, ref, input);
  const [owner = "", repo = "", ...folders] = place.split("/");
  return forge("github", `${owner}/${repo}`, folders.join("/"), ref);
}

/** Without `.git` to end it, the project is the first two words, and the rest a folder. */
function gitlab(place: string, ref: string | undefined, input: string): ForgeSource {
  const marked = /^(.+?\.git)(?:\/(.*))?$/s.exec(place);
  const words = place.split("/");
  const project = marked?.[1] ?? words.slice(0, 2).join("/");
  if (project === "") throw unknown(input);
  return forge("gitlab", project, marked === null ? words.slice(2).join("/") : marked[2], ref);
}

function forge(
  kind: ForgeSource["kind"],
  project: string,
  folder: string | null | undefined,
  ref: string | null | undefined,
): ForgeSource {
  const clean = project.replace(/\.git$/, "");
  const words = clean.split("/");
  const fits = words.length >= 2 && (kind === "gitlab" || words.length === 2) &&
    words.every((word) => /^[A-Za-z0-9_.-]+$/.test(word) && !/^[.-]+$|^-|\.git$/.test(word));
  if (!fits) {
    throw new KasError("invalid", `Cannot use ${quote(project)} as a repository`, {
      hint: "Write it as owner/repository",
    });
  }
  return {
    kind,
    project: clean,
    subpath: folder === undefined || folder === null || folder === "" ? null : parseSubpath(folder),
    ref: ref === undefined || ref === null ? null : parseRef(ref),
    tree: null,
  };
}

/** Ref and folder are looked at closely once they are apart. */
function parseTree(text: string): string {
  const parts = text.split("/").filter((part) => part !== "");
  if (parts.length > 0 && !parts.some((part) => /^\.\.?$|\p{Cc}/u.test(part))) {
    return parts.join("/");
  }
  throw new KasError("invalid", `Cannot use ${quote(text)} as a ref and a folder`, {
    hint: `Name a branch or tag after "tree/", then perhaps a folder`,
  });
}

function parseGit(input: string): GitSource | null {
  const marked = input.startsWith("git+");
  const text = marked ? input.slice("git+".length) : input;
  const url = /^([a-z][a-z0-9+.-]*:\/\/[^/]*)(\/.*)$/is.exec(text) ?? SCP.exec(text);
  if (url === null) {
    if (marked || text.includes("://")) throw unknown(input);
    return null;
  }
  const [, place = "", path = ""] = url;
  const { bare, ref } = splitRef(path);
  const isGit = marked || /^(ssh|git):/i.test(place) || !place.includes("://") ||
    bare.endsWith(".git");
  if (!isGit) {
    throw new KasError("usage", `Cannot tell what ${quote(input, 200)} is`, {
      hint: `For a git repository write git+${quote(input, 200).slice(1, -1)}`,
    });
  }
  const address = place.replace(/^[A-Za-z+.-]+:\/\//, (scheme) => scheme.toLowerCase()) + bare;
  if (/^[a-z+.-]+:\/\/[^/]*:[^/@]*@/.test(address)) {
    throw new KasError("invalid", "Cannot use an address with a password in it", {
      hint: "Let git's credential helper keep it",
    });
  }
  return { kind: "git", url: address, ref };
}

/** A ref follows the `.git` that ends the path, else the first "@". */
function splitRef(path: string): { bare: string; ref: string | null } {
  const [, bare = path, ref] = /^(.*?\.git)(?:@(.+))?$/s.exec(path) ??
    /^([^@]*)(?:@(.+))?$/s.exec(path) ?? [];
  return { bare: bare.replace(/\/+$/, ""), ref: ref === undefined ? null : parseRef(ref) };
}

function parseShort(input: string): ForgeSource | null {
  const match = SHORTHAND.exec(input);
  if (match === null) return null;
  return forge("github", match[1] ?? "", match[2]?.replace(/^\/+|\/+$/g, ""), match[3]);
}

/**
 * The shortest text that {@link parseSource} reads as this very source. The ref of a local source is
 * left out.
 */
export function formatSource(source: SkillSource): string {
  if (source.kind === "local") return source.path;
  const at = source.ref === null ? "" : `@${source.ref}`;
  if (source.kind === "git") {
    return `${source.url.includes("://") ? "git+" : ""}${source.url}${at}`;
  }
  const { kind, project } = source;
  if (source.tree !== null) {
    const tree = source.tree.split("/").map(encodeURIComponent).join("/");
    return `https://${kind}.com/${project}/${kind === "gitlab" ? "-/" : ""}tree/${tree}`;
  }
  const folder = source.subpath === null ? "" : `/${source.subpath}`;
  return kind === "github"
    ? `${project}${folder}${at}`
    : `gitlab:${project}${project.split("/").length > 2 ? ".git" : ""}${folder}${at}`;
}

/** The address git fetches from; null for a local source. */
export function remoteOf(source: SkillSource): string | null {
  if (source.kind === "local") return null;
  return source.kind === "git" ? source.url : `https://${source.kind}.com/${source.project}.git`;
}

/** The same source at another ref; `--ref` beats what the address says. @throws KasError "invalid" */
export function withRef<T extends SkillSource>(source: T, ref: string): T {
  return { ...source, ref: parseRef(ref) };
}

/** What a repository is called, for a skill that has no folder of its own. */
export function repositoryName(source: SkillSource): string {
  const path = source.kind === "local"
    ? source.path
    : source.kind === "git"
    ? source.url
    : source.project;
  return (path.split(/[/:]/).findLast((part) => part !== "") ?? "").replace(/\.git$/, "");
}

/**
 * Takes ref and folder of a `/tree/` address apart: the longest ref of the remote it begins with, else
 * a commit id. Null when neither is there.
 * @param refs full ref names of the remote
 */
export function splitTree(
  tree: string,
  refs: Iterable<string>,
): { ref: string; subpath: string | null } | null {
  const fits = [...refs].map((ref) => ref.replace(/^refs\/(heads|tags)\//, ""))
    .filter((ref) => tree === ref || tree.startsWith(`${ref}/`));
  const first = tree.split("/")[0] ?? "";
  if (/^[0-9a-f]{7,64}$/i.test(first)) fits.push(first);
  const ref = fits.toSorted((a, b) => b.length - a.length)[0];
  if (ref === undefined) return null;
  const rest = tree.slice(ref.length + 1);
  return { ref, subpath: rest === "" ? null : parseSubpath(rest) };
}

function decoded(text: string, input: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    throw unknown(input);
  }
}

function unknown(text: string): KasError {
  const near = nearest(text, KNOWN.keys());
  return new KasError(
    "usage",
    `Cannot tell what ${quote(text.replace(/\/\/[^/\s@]+@/, "//***@"), 200)} is`,
    {
      hint: near === null
        ? "Give a path (./skills), owner/repository[/folder][@ref], or the address of a repository"
        : `Did you mean ${quote(near)}?`,
    },
  );
}
