import { ifThere, isThere } from "../files/there.ts";
import { KasError } from "../errors.ts";
import { fetchSource, locateInRepository, remoteRefs } from "../git/fetch_source.ts";
import type { GitOptions } from "../git/run.ts";
import { quote } from "../names.ts";
import { discoverSkills, type SkillCandidate } from "./discover.ts";
import { formatSource, remoteOf, repositoryName, type SkillSource, splitTree } from "./source.ts";

/** A source whose files are at hand. Disposing of it removes what was fetched. */
export interface OpenSource extends AsyncDisposable {
  /** As `formatSource` writes it, without a ref; what an update starts from. */
  readonly text: string;
  readonly url: string | null;
  readonly requestedRef: string | null;
  readonly commit: string | null;
  readonly skills: readonly SkillCandidate[];
}

/**
 * Fetches a source into a temporary folder, or looks into a local one, and finds its skills. A local
 * folder is taken as it lies there, unless a ref is asked for: then that ref of its repository counts.
 * @throws KasError "not_found", "git_failed", "missing_program", "guard", "usage" for a ref of a local
 * folder that is in no repository
 */
export async function openSource(
  source: SkillSource,
  options: GitOptions = {},
): Promise<OpenSource> {
  if (source.kind === "local") return await openLocal(source.path, source.ref, options);
  const { url, ref, subpath, text } = await resolved(source, options);
  return await openRemote({ url, ref, subpath, text, name: repositoryName(source) }, url, options);
}

async function resolved(source: Exclude<SkillSource, { kind: "local" }>, options: GitOptions) {
  const url = remoteOf(source) ?? "";
  if (source.kind === "git") {
    return { url, ref: source.ref, subpath: null, text: formatSource({ ...source, ref: null }) };
  }
  let { ref, subpath } = source;
  if (source.tree !== null) {
    const split = splitTree(source.tree, (await remoteRefs(url, options)).refs.keys());
    if (split === null) {
      throw new KasError(
        "not_found",
        `Cannot find a branch or tag at the start of ${quote(source.tree)}`,
        {
          hint: `See the branches of ${url}`,
        },
      );
    }
    subpath = split.subpath;
    ref ??= split.ref;
  }
  const text = formatSource({ ...source, subpath, ref: null, tree: null });
  return { url, ref, subpath, text };
}

async function openLocal(
  path: string,
  ref: string | null,
  options: GitOptions,
): Promise<OpenSource> {
  const info = await ifThere(Deno.stat(path));
  if (info === null || !info.isDirectory) {
    throw new KasError("not_found", `Cannot find the folder ${quote(path, 200)}`, {
      hint: "Check the path; for a repository on GitHub write owner/repository",
    });
  }
  const name = repositoryName({ kind: "local", path, ref });
  const isBare = ref === null && await isThere(`${path}/HEAD`) && await isThere(`${path}/objects`);
  const inside = ref === null && !isBare ? null : await locateInRepository(path, options);
  if (inside !== null && (ref !== null || inside.bare)) {
    const subpath = inside.prefix === "" ? null : inside.prefix;
    return await openRemote({ url: null, ref, subpath, text: path, name }, inside.top, options);
  }
  if (ref !== null) {
    throw new KasError("usage", `Cannot take ${quote(ref)} of ${quote(path, 200)}`, {
      hint: "The folder is in no git repository; leave --ref out to copy it as it is",
    });
  }
  const topIsNameless = await isThere(`${path}/.git`);
  const skills = await discoverSkills({
    root: path,
    subpath: null,
    sourceName: name,
    topIsNameless,
  });
  return {
    text: path,
    url: null,
    requestedRef: null,
    commit: null,
    skills,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

interface Wanted {
  readonly url: string | null;
  readonly ref: string | null;
  readonly subpath: string | null;
  readonly text: string;
  readonly name: string;
}

async function openRemote(wanted: Wanted, from: string, options: GitOptions): Promise<OpenSource> {
  const root = await Deno.makeTempDir({ prefix: "kas-skill-" });
  const remove = () => Deno.remove(root, { recursive: true });
  try {
    const { commit } = await fetchSource({ ...options, url: from, ref: wanted.ref, into: root });
    const skills = await discoverSkills({
      root,
      subpath: wanted.subpath,
      sourceName: wanted.name,
      topIsNameless: true,
    });
    return {
      text: wanted.text,
      url: wanted.url,
      requestedRef: wanted.ref,
      commit,
      skills,
      [Symbol.asyncDispose]: remove,
    };
  } catch (error) {
    await remove();
    throw error;
  }
}
