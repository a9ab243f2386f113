import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import { holdFolder, launchPath, sweepFolders } from "./folder.ts";

async function inState(test: (state: string) => Promise<void>): Promise<void> {
  const state = await Deno.makeTempDir({ prefix: "kas-folder-" });
  try {
    await test(state);
  } finally {
    await Deno.remove(state, { recursive: true });
  }
}

const HOUR = 3_600_000;

Deno.test("a folder that is held is not swept, and is gone at the end of the block", async () => {
  await inState(async (state) => {
    const path = launchPath(state, "coder");
    {
      await using folder = await holdFolder(path);
      await folder.started(Deno.pid);
      await Deno.writeTextFile(`${path}/file`, "x");
      deepEqual(await sweepFolders(state, Date.now() + HOUR), []);
      ok((await Deno.stat(path)).isDirectory);
    }
    await rejects(Deno.stat(path), Deno.errors.NotFound);
  });
});

Deno.test("two launches of one agent have folders of their own", async () => {
  await inState(async (state) => {
    await using one = await holdFolder(launchPath(state, "coder"));
    await using two = await holdFolder(launchPath(state, "coder"));
    ok(one.path !== two.path);
    equal(one.path.slice(0, -18), two.path.slice(0, -18));
  });
});

Deno.test("folders are swept when kas is dead and the agent is too", async () => {
  await inState(async (state) => {
    const left = async (name: string, owner: string | null): Promise<string> => {
      const path = `${state}/runtime/coder/${name}`;
      await Deno.mkdir(path, { recursive: true });
      if (owner !== null) await Deno.writeTextFile(`${path}/owner`, owner);
      return path;
    };
    const stat = await Deno.readTextFile(`/proc/${Deno.pid}/stat`);
    const started = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
    const alive = await left("alive", `${Deno.pid} ${started}\n`);
    const reused = await left("reused", `${Deno.pid} 1\n`);
    const dead = await left("dead", "4194303 1\n");
    const unborn = await left("unborn", "");
    const torn = await left("torn", "x y z");
    const young = await left("young", null);
    deepEqual((await sweepFolders(state)).sort(), [dead, reused, torn].sort());
    deepEqual((await sweepFolders(state, Date.now() + HOUR)).sort(), [unborn, young].sort());
    ok((await Deno.stat(alive)).isDirectory);
  });
});

Deno.test("nothing to sweep is fine, and strange files are left alone", async () => {
  await inState(async (state) => {
    deepEqual(await sweepFolders(state), []);
    await Deno.mkdir(`${state}/runtime/coder`, { recursive: true });
    await Deno.writeTextFile(`${state}/runtime/coder/note`, "");
    deepEqual(await sweepFolders(state, Date.now() + HOUR), []);
  });
});

Deno.test("a state folder that cannot be written to is explained", async () => {
  await inState(async (state) => {
    await Deno.writeTextFile(`${state}/runtime`, "");
    await rejects(holdFolder(launchPath(state, "coder")), {
      code: "invalid",
      message: /Cannot write the launch folder/,
      hint: /KASMOS_STATE_DIR/,
    });
  });
});
