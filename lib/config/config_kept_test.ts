import assert from "node:assert/strict";
import type { Keep } from "../files/kept.ts";
import { loadConfig } from "./config.ts";
import { type Paths, projectPaths, resolvePaths } from "./paths.ts";

async function withFiles(
  body: (repo: string, paths: Paths, keep: Keep) => Promise<void>,
): Promise<void> {
  const dir = await Deno.makeTempDir({ prefix: "kas-config-" });
  try {
    const repo = `${dir}/repo`;
    const paths = resolvePaths({ HOME: dir, KASMOS_HOME: `${dir}/home` }, 1);
    await Deno.mkdir(paths.configDir);
    await Deno.mkdir(projectPaths(repo).dir, { recursive: true });
    await Deno.writeTextFile(paths.userConfig, `default_program = "codex"\n`);
    await Deno.writeTextFile(projectPaths(repo).config, "[ui]\nauto_advance = false\n");
    await body(repo, paths, { folder: `${dir}/read`, build: "one" });
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

async function names(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
}

Deno.test("settings that were read before are not read again", () =>
  withFiles(async (repo, paths, keep) => {
    const plain = await loadConfig(repo, paths, { keep: null });
    assert.deepEqual(await loadConfig(repo, paths, { keep }), plain);
    assert.equal((await names(keep.folder)).length, 2);
    assert.deepEqual(await loadConfig(repo, paths, { keep }), plain);
    // what is kept is what is used
    for (const name of await names(keep.folder)) {
      const entry = JSON.parse(await Deno.readTextFile(`${keep.folder}/${name}`));
      if (entry.place !== projectPaths(repo).config) continue;
      const changed = { ...entry, value: { ui: { auto_advance: true } } };
      await Deno.writeTextFile(`${keep.folder}/${name}`, JSON.stringify(changed));
    }
    const { config } = await loadConfig(repo, paths, { keep });
    assert.equal(config.policy.autoAdvance, true);
    await Deno.writeTextFile(projectPaths(repo).config, "[ui]\nauto_advance = false # mine\n");
    assert.equal((await loadConfig(repo, paths, { keep })).config.policy.autoAdvance, false);
  }));

Deno.test("settings with something to say about them say it each time", () =>
  withFiles(async (repo, paths, keep) => {
    await Deno.writeTextFile(projectPaths(repo).config, "[ui]\nauto_advanse = false\n");
    const first = await loadConfig(repo, paths, { keep });
    assert.equal(first.warnings.length, 1);
    assert.deepEqual(await loadConfig(repo, paths, { keep }), first);
    assert.equal((await names(keep.folder)).length, 1);
  }));

Deno.test("settings are read where nothing can be kept", () =>
  withFiles(async (repo, paths, keep) => {
    const plain = await loadConfig(repo, paths, { keep: null });
    const nowhere = { ...keep, folder: `${paths.userConfig}/read` };
    assert.deepEqual(await loadConfig(repo, paths, { keep: nowhere }), plain);
    await assert.rejects(Deno.stat(keep.folder), Deno.errors.NotFound);
  }));
