import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { inWorld, type World } from "../commands/_testing.ts";
import { addAgent, filesUnder, kas } from "./support/run_world.ts";

/** A script that keeps what it sees of itself in files, then does more. */
function remembering(world: World, name: string, more = ""): string {
  return `env > ${world.dir}/${name}.env\n${more}`;
}

async function envOf(world: World, name: string): Promise<Record<string, string>> {
  const text = await Deno.readTextFile(`${world.dir}/${name}.env`);
  return Object.fromEntries(
    text.split("\n").filter((line) => line.includes("=")).map((line) => {
      const cut = line.indexOf("=");
      return [line.slice(0, cut), line.slice(cut + 1)];
    }),
  );
}

Deno.test("an agent whose identity cannot be written down is ended", async () => {
  await inWorld(async (world) => {
    const pids = `${world.dir}/pids`;
    await addAgent(world, "sleeper", `echo $$ > '${pids}'; exec sleep 60`);
    const broken = `${world.dir}/broken.db`;
    await Deno.writeTextFile(broken, "this is no database, and long enough to be taken for one\n");
    const env = { KASMOS_DB: broken };
    const run = await kas(world, ["run", "-a", "sleeper", "--task", "x"], { env });
    equal(run.code, 1, run.err);
    match(run.err, /broken\.db/);
    const pid = Number(await Deno.readTextFile(pids));
    await rejects(Deno.stat(`/proc/${pid}/cwd`), Deno.errors.NotFound);
  });
});

Deno.test("an agent whose identity can plainly not be written down is not started", async () => {
  await inWorld(async (world) => {
    const started = `${world.dir}/started`;
    await addAgent(world, "toucher", `touch '${started}'; echo said`);
    const folder = `${world.dir}/folder.db`;
    await Deno.mkdir(folder);
    const task = ["run", "-a", "toucher", "--task", "x"];
    const run = await kas(world, task, { env: { KASMOS_DB: folder } });
    deepEqual([run.code, run.out], [1, ""], run.err);
    match(run.err, /folder\.db/);
    await rejects(Deno.stat(started), Deno.errors.NotFound);
    // a database that is not there yet is made
    const made = `${world.dir}/new/made.db`;
    const again = await kas(world, task, { env: { KASMOS_DB: made } });
    deepEqual([again.code, again.out], [0, "said\n"], again.err);
    ok((await Deno.stat(made)).isFile);
  });
});

Deno.test("R3: an agent gets an identity and its own variables, and not the rest of the host's", async () => {
  await inWorld(async (world) => {
    await addAgent(world, "coder", remembering(world, "coder"), '[env]\npass = ["WANTED"]');
    const env = { WANTED: "w", UNWANTED: "u", AWS_SECRET_ACCESS_KEY: "s" };
    const run = await kas(world, ["run", "-a", "coder", "--task", "x"], { env });
    equal(run.code, 0, run.err);
    const seen = await envOf(world, "coder");
    deepEqual([seen.WANTED, seen.UNWANTED, seen.AWS_SECRET_ACCESS_KEY], [
      "w",
      undefined,
      undefined,
    ]);
    deepEqual(
      [seen.KASMOS_AGENT, seen.KASMOS_MANAGED, seen.KASMOS_HOME],
      ["coder", "1", world.paths.configDir],
    );
    match(seen.KASMOS_IDENTITY ?? "", /^kas_/);
    ok(seen.PATH?.startsWith(`${world.paths.runtimeDir}/bin:`));
    const [token] = await world.store.tokens({});
    equal(token?.projectId, world.projectId);
    deepEqual(token?.grant, {
      agent: "coder",
      role: null,
      permission: "ask",
      root: world.repo,
      chain: [],
    });
    deepEqual([token.scope, token.projectId], ["signal", world.projectId]);
    ok(token.revokedAt !== null && token.expiresAt !== null);
  });
});

Deno.test("an agent that starts another one is its caller, with its permission and folder", async () => {
  await inWorld(async (world) => {
    await Deno.mkdir(`${world.repo}/sub`);
    await addAgent(world, "writer", remembering(world, "writer", 'echo "may: $KASMOS_PERMISSION"'));
    await addAgent(
      world,
      "boss",
      remembering(
        world,
        "boss",
        `kas run -a writer --permission yolo --cwd sub --task x < /dev/null
kas run -a boss --task x < /dev/null; echo "self: $?"
kas run -a writer --cwd / --task x < /dev/null; echo "out: $?"
kas run -a writer --detach --task x < /dev/null; echo "detach: $?"
KASMOS_IDENTITY=kas_forged kas run -a writer --task x < /dev/null; echo "forged: $?"
kas run -a writer --task x -- --yolo < /dev/null; echo "words: $?"
KASMOS_IDENTITY= kas run -a writer --permission yolo --task x < /dev/null; echo "nobody: $?"`,
      ),
    );
    const argv = ["run", "-a", "boss", "--permission", "auto", "--task", "x"];
    const run = await kas(world, argv, {});
    equal(
      run.out,
      "may: auto\nself: 3\nout: 3\ndetach: 3\nforged: 3\nwords: 3\nnobody: 3\n",
      run.err,
    );
    match(run.err, /permission yolo is lowered to auto/);
    const tokens = await world.store.tokens({});
    const grants = tokens.map(({ grant }) => [grant?.agent, grant?.permission, grant?.chain]);
    deepEqual(grants, [["writer", "auto", ["boss"]], ["boss", "auto", []]]);
    equal(tokens[0]?.grant?.root, `${world.repo}/sub`);
    ok(tokens.every(({ revokedAt }) => revokedAt !== null));
    const [boss, writer] = [await envOf(world, "boss"), await envOf(world, "writer")];
    ok(boss.KASMOS_IDENTITY !== writer.KASMOS_IDENTITY);
    equal(writer.KASMOS_AGENT, "writer");
  });
});

Deno.test("a secret is in the environment of the agent and nowhere else", async () => {
  await inWorld(async (world) => {
    const secret = "planted-secret-5f1d";
    const toml = '[env.secret]\nAPI_KEY = "file:key"\nOTHER = "file:other"';
    const folder = await addAgent(
      world,
      "coder",
      `echo "length \${#API_KEY}"; cp -r "$KAS_AGENT_DIR/.." ${world.dir}/kept; exit 7`,
      toml,
    );
    await Deno.mkdir(`${folder}/skills/tdd`, { recursive: true });
    await Deno.writeTextFile(`${folder}/skills/tdd/SKILL.md`, "---\nname: tdd\n---\n");
    const secrets = `${world.paths.configDir}/secrets`;
    await Deno.mkdir(secrets, { mode: 0o700 });
    await Deno.writeTextFile(`${secrets}/key`, `${secret}\n`, { mode: 0o600 });
    const argv = ["run", "-a", "coder", "--task", "x"];
    const missing = await kas(world, argv, {});
    equal(missing.code, 1);
    match(missing.err, /OTHER[^]*kas secret set other/);
    await Deno.writeTextFile(`${secrets}/other`, secret, { mode: 0o600 });
    const env = { KAS_DEBUG: "1" };
    const runs = await Promise.all([
      kas(world, argv, { env }),
      kas(world, [...argv, "--json"], { env }),
      kas(world, [...argv, "--dry-run"], { env }),
      kas(world, [...argv, "--dry-run", "--json"], { env }),
    ]);
    equal(runs[0].out, `length ${secret.length}\n`);
    deepEqual(runs.map(({ code }) => code), [1, 1, 0, 0]);
    for (const run of [missing, ...runs]) ok(!`${run.out}${run.err}`.includes(secret));
    const files = await filesUnder(world.dir);
    ok(files.some((path) => path.includes("/kept/")));
    for (const path of [...files, world.paths.database, `${world.paths.database}-wal`]) {
      if (path.startsWith(secrets)) continue;
      const text = new TextDecoder("latin1").decode(await Deno.readFile(path));
      ok(!text.includes(secret), path);
    }
  });
});

Deno.test("R7: what an agent does to its launched parts does not come back", async () => {
  await inWorld(async (world) => {
    const folder = await addAgent(
      world,
      "coder",
      'echo evil > "$KAS_AGENT_DIR/skills/tdd/SKILL.md"; echo evil > "$KAS_AGENT_DIR/bin/tool"; tool',
    );
    await Deno.mkdir(`${folder}/skills/tdd`, { recursive: true });
    await Deno.mkdir(`${folder}/bin`);
    await Deno.writeTextFile(`${folder}/skills/tdd/SKILL.md`, "---\nname: tdd\n---\n");
    await Deno.writeTextFile(`${folder}/bin/tool`, "#!/bin/sh\necho good\n", { mode: 0o755 });
    await kas(world, ["run", "-a", "coder", "--task", "x"], {});
    match(await Deno.readTextFile(`${folder}/skills/tdd/SKILL.md`), /name: tdd/);
    match(await Deno.readTextFile(`${folder}/bin/tool`), /echo good/);
  });
});

Deno.test("an agent's own bin/ is on its PATH and does not take the place of its runtime", async () => {
  await inWorld(async (world) => {
    const folder = await addAgent(world, "coder", "greet; kas --version");
    await Deno.mkdir(`${folder}/bin`);
    for (const name of ["greet", "coder.sh", "kas"]) {
      const body = `#!/bin/sh\necho bin/${name}\n`;
      await Deno.writeTextFile(`${folder}/bin/${name}`, body, { mode: 0o755 });
    }
    const run = await kas(world, ["run", "-a", "coder", "--task", "x"], {});
    match(run.out, /^bin\/greet\nkas \d/);
  });
});

Deno.test("nobody becomes a session of the daemon by saying so", async () => {
  await inWorld(async (world) => {
    await addAgent(world, "writer", remembering(world, "writer"));
    await addAgent(
      world,
      "boss",
      "KASMOS_HOSTED_SESSION=1 kas run -a writer --task x < /dev/null; echo $?",
    );
    const { id } = await world.session({ key: "1:coder" });
    const run = ["run", "-a", "writer", "--task", "x"];
    for (const session of [String(id), "99", "x", "1; x"]) {
      const faked = await kas(world, run, { env: { KASMOS_HOSTED_SESSION: session } });
      equal(faked.code, 3, session);
      match(faked.err, /KASMOS_HOSTED_SESSION/);
    }
    const byAgent = await kas(world, ["run", "-a", "boss", "--task", "x"], {});
    equal(byAgent.out, "0\n", byAgent.err);
    const seen = await envOf(world, "writer");
    deepEqual([seen.KASMOS_SESSION, seen.KASMOS_HOSTED_SESSION], [undefined, undefined]);
    ok((await world.store.tokens({})).every(({ sessionId }) => sessionId === null));
  });
});

Deno.test("outside of a repository an agent belongs to no project", async () => {
  await inWorld(async (world) => {
    await addAgent(world, "writer", remembering(world, "writer", "pwd"));
    const run = await kas(world, ["run", "-a", "writer", "--task", "x"], { cwd: world.dir });
    deepEqual([run.code, run.out], [0, `${world.dir}\n`], run.err);
    equal((await envOf(world, "writer")).KASMOS_PROJECT, undefined);
    equal((await world.store.tokens({}))[0]?.projectId, null);
  });
});
