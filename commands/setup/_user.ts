import { resolvePaths } from "../../lib/config/paths.ts";
import { CLIENTS } from "../../lib/mcp/install/clients.ts";
import {
  inspect,
  install,
  type InstallOptions,
  type Registration,
  uninstall,
} from "../../lib/mcp/install/install.ts";
import { userPlace } from "../../lib/setup/gather.ts";
import type { SetupAnswers } from "../../lib/setup/types.ts";

/** What `--user` does outside of the repository: the registration of kas's tools. */

function optionsOf(runtimes: readonly string[]): InstallOptions[] {
  const env = Deno.env.toObject();
  const { home, lockFile } = userPlace(env, resolvePaths());
  return CLIENTS.filter((name) => runtimes.includes(name)).map((client) => ({
    client,
    scope: "user",
    place: { env, home, repoRoot: null },
    lockFile,
  }));
}

/** What would be written. @throws KasError "invalid" for a file that cannot be read */
export async function planUser(
  { runtimes }: Pick<SetupAnswers, "runtimes">,
): Promise<(Registration & { readonly options: InstallOptions })[]> {
  const found: (Registration & { readonly options: InstallOptions })[] = [];
  for (const options of optionsOf(runtimes)) found.push({ ...await inspect(options), options });
  return found.filter(({ state }) => state !== "current");
}

/** Writes it. @returns the files @throws KasError "exists" for another entry, without force */
export async function writeUser(
  planned: Awaited<ReturnType<typeof planUser>>,
  force: boolean,
): Promise<string[]> {
  const done: string[] = [];
  for (const { options } of planned) done.push((await install(options, force)).path);
  return done;
}

/** Files that {@link removeUser} would change. */
export async function planRemoveUser(): Promise<string[]> {
  const found: string[] = [];
  for (const options of optionsOf(CLIENTS)) {
    const { state, path } = await inspect(options);
    if (state !== "absent") found.push(path);
  }
  return found;
}

/** Takes the registrations back. @returns the files */
export async function removeUser(): Promise<string[]> {
  const done: string[] = [];
  for (const options of optionsOf(CLIENTS)) {
    const { changed, path } = await uninstall(options);
    if (changed) done.push(path);
  }
  return done;
}
