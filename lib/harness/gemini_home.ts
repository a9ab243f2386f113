import { KasError } from "../errors.ts";
import { homeOf } from "./env.ts";
import { type JsonObject, objectOr, readIfThere } from "./files.ts";
import { bodyOf, readCommand } from "./gemini_texts.ts";
import { geminiSettings, type HiddenTexts, policyFile, skillPolicy } from "./gemini_settings.ts";
import { parseWithComments } from "./jsonc.ts";
import type { GeneratedFile, GeneratedLink, RenderRequest, SettingsAnswer } from "./types.ts";

type Env = Readonly<Record<string, string>>;

/** The user's own home of gemini, for a kas that is started inside of a launch. */
export const USER_HOME = "KASMOS_GEMINI_HOME";

/** What a login consists of; a strict launch gets no more of the user's folder. */
const LOGIN: readonly string[] = [
  "oauth_creds.json",
  "google_accounts.json",
  "gemini-credentials.json",
  "installation_id",
  ".env",
];

/** What a launch has of its own; gemini makes `projects.json` anew from what `tmp` holds. */
const UNLINKED: readonly string[] = [
  "settings.json",
  "projects.json",
  "trustedFolders.json",
  "tmp",
];

/** Where a home says which folders are trusted beside the one gemini is started in. */
export function trustFile(home: string): string {
  return `${home}/.gemini/trustedFolders.json`;
}

/** The home of one launch. */
export interface LaunchHome {
  /** The user's home; its `.gemini` holds the login and the sessions. */
  readonly own: string;
  /** The home of the launch. */
  readonly used: string;
  readonly files: readonly GeneratedFile[];
  readonly links: readonly GeneratedLink[];
  readonly answers: readonly SettingsAnswer[];
}

/**
 * A home for one launch. Gemini takes servers, hooks, skills, slash commands and a limit of turns from
 * its home alone (a system-wide settings file must belong to root), so the launch gets one: generated
 * settings, the soul, and links to the user's login, sessions and, unless it is strict, all else.
 * @param env what gemini gets
 * @throws KasError "invalid" when the user's settings cannot be read
 */
export async function launchHome(
  request: RenderRequest,
  env: Env,
  texts: HiddenTexts,
): Promise<LaunchHome> {
  const { context, launchDir, hostEnv } = request;
  const own = hostEnv[USER_HOME] || env["GEMINI_CLI_HOME"] || homeOf(env);
  const used = `${launchDir}/gemini`;
  const [from, to] = [`${own}/.gemini`, `${used}/.gemini`];
  const settings = await userSettings(`${from}/settings.json`, context.strict);
  const memory = await memoryName(context.cwd, settings);
  const soul = await soulFile(request, memory, from, to);
  const skills = Object.keys(context.parts.skills);
  const commands = Object.keys(context.parts.commands);
  const taken = [...UNLINKED, ...soul.map(({ path }) => path.slice(to.length + 1))];
  const json = JSON.stringify(geminiSettings(request, settings, env, texts));
  return {
    own,
    used,
    files: [
      { path: `${to}/settings.json`, text: json },
      ...soul,
      ...await Promise.all(
        Object.entries(context.parts.commands).map(async ([name, path]) => ({
          path: `${to}/commands/${name}.toml`,
          text: await readCommand(path),
        })),
      ),
      ...skills.length > 0 ? [{ path: policyFile(launchDir), text: skillPolicy(skills) }] : [],
    ],
    links: [
      ...skills.map((name) => ({
        path: `${to}/skills/${name}`,
        target: `${request.agentDir}/skills/${name}`,
      })),
      ...await userLinks(from, to, context.strict, [
        ...taken,
        ...skills.map((name) => `skills/${name}`),
        ...commands.map((name) => `commands/${name}.toml`),
      ]),
      ...context.strict ? [] : await existing(own, used, [".agents"]),
      { path: `${to}/tmp`, target: `${from}/tmp` },
    ],
    answers: await hasEntry(`${from}/tmp`) ? [] : [{
      path: `${from}/tmp/.keep`,
      purpose: "keep gemini's sessions in its own folder",
      edit: (text) => text === null ? "" : null,
    }],
  };
}

/** The user's settings; of a strict launch nothing but how to log in. */
async function userSettings(path: string, strict: boolean): Promise<JsonObject> {
  const text = await readIfThere(path);
  const all = text === null ? {} : parseWithComments(text, `gemini's settings "${path}"`);
  if (!strict) return all;
  const { auth } = objectOr(all.security);
  return auth === undefined ? {} : { security: { auth } };
}

/**
 * The file of instructions gemini looks for in its home. A repository may set another name, and
 * what it says wins; a name that is no text's could stand for a file of gemini's own.
 */
async function memoryName(cwd: string, settings: JsonObject): Promise<string> {
  for (const layer of [await projectSettings(cwd), settings]) {
    const { fileName } = objectOr(layer.context);
    const first = Array.isArray(fileName) ? fileName[0] : fileName;
    if (typeof first === "string" && /^\w[\w.-]*\.(?:md|mdx|mdc|txt)$/i.test(first)) return first;
  }
  return "GEMINI.md";
}

/** What a repository sets; what cannot be read is for gemini itself to complain about. */
export async function projectSettings(cwd: string): Promise<JsonObject> {
  try {
    const text = await readIfThere(`${cwd}/.gemini/settings.json`);
    return text === null ? {} : parseWithComments(text, "the repository's settings");
  } catch (error) {
    if (error instanceof KasError || error instanceof Deno.errors.IsADirectory) return {};
    throw error;
  }
}

/** The soul, before the instructions the user has in the same place. */
async function soulFile(
  { context: { parts, strict } }: RenderRequest,
  name: string,
  from: string,
  to: string,
): Promise<GeneratedFile[]> {
  if (parts.soul.trim() === "") return [];
  const users = strict ? null : await readIfThere(`${from}/${name}`);
  const text = bodyOf(parts.soul) + (users === null ? "" : `\n\n${users}`);
  return [{ path: `${to}/${name}`, text }];
}

/** Links to what is in the user's folder; a folder something was added to becomes one of links. */
async function userLinks(
  from: string,
  to: string,
  strict: boolean,
  taken: readonly string[],
): Promise<GeneratedLink[]> {
  if (strict) return await existing(from, to, LOGIN);
  const links: GeneratedLink[] = [];
  for (const name of await entries(from)) {
    if (taken.includes(name)) continue;
    const isShared = taken.some((path) => path.startsWith(`${name}/`));
    const inside = isShared ? await entries(`${from}/${name}`) : [];
    const paths = isShared ? inside.map((entry) => `${name}/${entry}`) : [name];
    for (const path of paths) {
      if (!taken.includes(path)) links.push({ path: `${to}/${path}`, target: `${from}/${path}` });
    }
  }
  return links;
}

async function existing(
  from: string,
  to: string,
  names: readonly string[],
): Promise<GeneratedLink[]> {
  const there = await entries(from);
  return names.filter((name) => there.includes(name))
    .map((name) => ({ path: `${to}/${name}`, target: `${from}/${name}` }));
}

async function entries(folder: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
  } catch (error) {
    const none = error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotADirectory;
    if (none) return [];
    throw error;
  }
}

async function hasEntry(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
