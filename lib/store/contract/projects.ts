import assert from "node:assert/strict";
import { contractTest, newProject, newTask, refused, type Suite } from "./support.ts";

/** Projects: identity, keys, moves. */
export function projectContract(suite: Suite): void {
  identity(suite);
  moves(suite);
  registration(suite);
  connection(suite);
}

function identity(suite: Suite): void {
  contractTest(suite, "ensureProject() finds the project of a root again", async (store, made) => {
    const again = await store.ensureProject({ root: made.root, rootCommit: made.rootCommit });
    assert.deepEqual(again, made);
    assert.deepEqual(await store.project(made.id), made);
    assert.deepEqual(await store.projectByKey(made.key), made);
    assert.equal(await store.project(999_999), null);
    assert.equal(await store.projectByKey("no-such-key"), null);
  });

  contractTest(suite, "ensureProject() gives folders of one name different keys", async (store) => {
    const unique = crypto.randomUUID().slice(0, 8);
    const keys: string[] = [];
    for (const parent of ["a", "b", "c"]) {
      const root = `/nowhere/${unique}/${parent}/My App ${unique}`;
      keys.push((await store.ensureProject({ root, rootCommit: `${unique}${parent}` })).key);
    }
    const base = `my-app-${unique}`;
    assert.deepEqual(keys, [base, `${base}-2`, `${base}-3`]);
    const odd = await store.ensureProject({ root: `/nowhere/${unique}/!!!`, rootCommit: unique });
    assert.match(odd.key, /^project(-\d+)?$/);
  });

  contractTest(
    suite,
    "ensureProject() keeps the project when its root commit changes",
    async (store, made) => {
      const rewritten = await store.ensureProject({ root: made.root, rootCommit: "rewritten" });
      assert.deepEqual(rewritten, { ...made, rootCommit: "rewritten" });
    },
  );

  contractTest(
    suite,
    "ensureProject() makes one project for two callers at once",
    async (store) => {
      await using other = await suite.open();
      const repo = { root: `/nowhere/${crypto.randomUUID()}`, rootCommit: "" };
      const [a, b] = await Promise.all([store.ensureProject(repo), other.ensureProject(repo)]);
      assert.deepEqual(a, b);
    },
  );
}

function moves(suite: Suite): void {
  contractTest(suite, "ensureProject() follows a folder that moved, not a clone", async (store) => {
    const folder = await Deno.makeTempDir();
    try {
      const rootCommit = crypto.randomUUID();
      await Deno.mkdir(`${folder}/old`);
      const old = await store.ensureProject({ root: `${folder}/old`, rootCommit });
      const task = await newTask(store, old);

      const clone = await store.ensureProject({ root: `${folder}/clone`, rootCommit });
      assert.notEqual(clone.id, old.id);
      await Deno.mkdir(`${folder}/clone`);

      await Deno.rename(`${folder}/old`, `${folder}/new`);
      const moved = await store.ensureProject({ root: `${folder}/new`, rootCommit });
      assert.deepEqual(moved, { ...old, root: `${folder}/new` });
      assert.equal((await store.task(moved.id, task.name))?.id, task.id);
      assert.deepEqual(await store.project(old.id), moved);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

function registration(suite: Suite): void {
  contractTest(suite, "setRegistered() decides what projects() lists", async (store, made) => {
    const other = await newProject(store);
    await store.setRegistered(made.id, true);
    const ids = (projects: { id: number }[]) => projects.map((p) => p.id);
    const registered = await store.projects({ registered: true });
    assert.ok(ids(registered).includes(made.id) && !ids(registered).includes(other.id));
    assert.ok(ids(await store.projects({ registered: false })).includes(other.id));
    const all = ids(await store.projects());
    assert.ok(all.includes(made.id) && all.includes(other.id));
    await store.setRegistered(made.id, false);
    assert.equal((await store.project(made.id))?.registered, false);
    await refused(store.setRegistered(999_999, true), "not_found");
  });
}

function connection(suite: Suite): void {
  contractTest(suite, "close() can be repeated and ends the connection", async () => {
    const store = await suite.open();
    await store.ping();
    await store.close();
    await store.close();
    await refused(store.ping(), "store_unavailable");
  });

  contractTest(
    suite,
    "changeToken() changes with the commits of others only",
    async (store, made) => {
      await using other = await suite.open();
      const before = await store.changeToken();
      await store.setRegistered(made.id, true);
      assert.equal(await store.changeToken(), before);
      await other.setRegistered(made.id, false);
      assert.notEqual(await store.changeToken(), before);
    },
  );
}
