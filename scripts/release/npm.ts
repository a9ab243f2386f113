import { type Platform, programName } from "../../lib/release.ts";
import { ROOT, run } from "../run.ts";
import { fill, type Repository } from "./place.ts";

export interface NpmOptions {
  readonly version: string;
  readonly repository: Repository;
  /** The built program of every platform. */
  readonly binaries: ReadonlyMap<Platform, string>;
  /** Folder the packages go into, as .tgz. */
  readonly out: string;
}

/**
 * Packs the npm packages: `@owner/kas` with the starter, and one with the program for each platform,
 * of which npm installs the fitting one by its `os` and `cpu`.
 * @throws ScriptError when npm fails
 */
export async function npmPackages(options: NpmOptions): Promise<void> {
  const { version, repository, binaries } = options;
  const scope = `@${repository.owner.toLowerCase()}`;
  const homepage = `https://github.com/${repository.owner}/${repository.name}`;
  const common = { version, license: "MIT", homepage, repository: `git+${homepage}.git` };
  const licence = await Deno.readTextFile(`${ROOT}/LICENSE`);
  for (const [platform, binary] of binaries) {
    await pack(
      options.out,
      {
        name: `${scope}/kas-${platform}`,
        ...common,
        description: `The program of kas for ${platform}`,
        ...hostOf(platform),
      },
      new Map([["LICENSE", licence]]),
      [binary, programName(platform)],
    );
  }
  const fields = [...binaries.keys()].map((platform) => [`${scope}/kas-${platform}`, version]);
  const read = async (name: string): Promise<string> =>
    fill(await Deno.readTextFile(`${ROOT}/packaging/npm/${name}`), { scope, homepage });
  const files = new Map([
    ["LICENSE", licence],
    ["README.md", await read("README.md")],
    ["kas.mjs", await read("kas.mjs")],
  ]);
  await pack(options.out, {
    name: `${scope}/kas`,
    ...common,
    description: "Runs a team of AI coding agents on a git repository",
    type: "module",
    bin: { kas: "kas.mjs" },
    engines: { node: ">=20" },
    optionalDependencies: Object.fromEntries(fields),
  }, files);
}

/** How package.json names a platform. */
function hostOf(platform: Platform): { readonly os: string[]; readonly cpu: string[] } {
  const [system = "", machine = ""] = platform.split("-");
  const os = system === "macos" ? "darwin" : system === "windows" ? "win32" : system;
  return { os: [os], cpu: [machine] };
}

async function pack(
  out: string,
  manifest: { readonly name: string; readonly [key: string]: unknown },
  files: ReadonlyMap<string, string>,
  program?: readonly [from: string, to: string],
): Promise<void> {
  const stage = await Deno.makeTempDir({ prefix: "kas-npm-" });
  // npm writes logs and a cache even to pack: into a folder that goes with this.
  const cache = await Deno.makeTempDir({ prefix: "kas-npm-cache-" });
  try {
    const names = [...files.keys(), ...program === undefined ? [] : [program[1]]];
    const text = JSON.stringify({ ...manifest, files: names }, null, 2);
    await Deno.writeTextFile(`${stage}/package.json`, `${text}\n`);
    for (const [name, content] of files) {
      await Deno.writeTextFile(`${stage}/${name}`, content, {
        mode: name.endsWith(".mjs") ? 0o755 : 0o644,
      });
    }
    if (program !== undefined) {
      await Deno.copyFile(program[0], `${stage}/${program[1]}`);
      await Deno.chmod(`${stage}/${program[1]}`, 0o755);
    }
    await run(["npm", "pack", "--silent", "--pack-destination", out], {
      cwd: stage,
      env: { npm_config_cache: cache, npm_config_update_notifier: "false" },
      stdout: "null",
    });
  } finally {
    for (const folder of [stage, cache]) await Deno.remove(folder, { recursive: true });
  }
}
