import assert from "node:assert/strict";
import type { SecretRef } from "../agent/types.ts";
import { KasError } from "../errors.ts";
import { readKeychain, removeKeychain, writeKeychain } from "./keychain.ts";
import {
  listSecrets,
  removeSecret,
  resolveSecret,
  resolveSecrets,
  type SecretAccess,
  setSecret,
} from "./mod.ts";

const PLANTED = "hunter2 'and\" $HOME ü\n\tmore";

/** Keeps entries in files, as `secret-tool` does in the keychain; writes down how it was called. */
const SECRET_TOOL = `#!/bin/sh
echo "$@" >> "$HOME/calls"
case "$1" in
  store) cat > "$HOME/kept-$4-$6" ;;
  lookup) cat "$HOME/kept-$3-$5" 2>/dev/null || exit 1 ;;
  clear) rm "$HOME/kept-$3-$5" ;;
esac
`;

/** As much of macOS's program as is used; `-i` reads one command. */
const SECURITY = `#!/bin/bash
echo "$@" >> "$HOME/calls"
case "$1" in
  -i) read -r line; echo "$line" | sed 's/.*-X //' > "$HOME/hex" ;;
  find-generic-password) test -s "$HOME/hex" || { echo "security: could not be found" >&2; exit 44; }
    printf "$(sed 's/../\\\\x&/g' "$HOME/hex")" ;;
  delete-generic-password) rm "$HOME/hex" ;;
esac
`;

async function inHome(
  test: (access: SecretAccess, dir: string) => Promise<void>,
  programs: Readonly<Record<string, string>> = {},
): Promise<void> {
  const dir = await Deno.realPath(await Deno.makeTempDir({ prefix: "kas-secret-" }));
  try {
    await Deno.mkdir(`${dir}/bin`);
    for (const [name, text] of Object.entries(programs)) {
      await Deno.writeTextFile(`${dir}/bin/${name}`, text, { mode: 0o755 });
    }
    const hostEnv = { HOME: dir, PATH: `${dir}/bin:/usr/bin:/bin`, EDITOR: "x" };
    await test({ paths: { configDir: `${dir}/home` }, hostEnv }, dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

async function refuses(work: Promise<unknown>, code: string, pattern: RegExp): Promise<void> {
  await assert.rejects(work, (error) => {
    assert.ok(error instanceof KasError);
    const all = JSON.stringify([error.toJSON(), error.stack, String(error.cause)]);
    assert.doesNotMatch(all, /hunter2/);
    assert.equal(error.code, code);
    assert.match(`${error.message}\n${error.hint}`, pattern);
    return true;
  });
}

const file = (name: string): SecretRef => ({ kind: "file", name });

Deno.test("setSecret() keeps a value in a file for its owner alone", () =>
  inHome(async (access, dir) => {
    const stored = await setSecret("gh", `${PLANTED}\n`, "file", access);
    assert.deepEqual(stored, { name: "gh", store: "file", ref: "file:gh" });
    assert.equal(await resolveSecret(file("gh"), access), PLANTED);
    const folder = `${dir}/home/secrets`;
    const mode = async (path: string) => ((await Deno.stat(path)).mode ?? 0) & 0o777;
    assert.deepEqual([await mode(folder), await mode(`${folder}/gh`)], [0o700, 0o600]);
    await Deno.chmod(`${folder}/gh`, 0o644);
    await setSecret("gh", "other", "file", access);
    assert.equal(await mode(`${folder}/gh`), 0o600);
    assert.deepEqual([...Deno.readDirSync(folder)].map(({ name }) => name), ["gh"]);
    assert.deepEqual(await listSecrets(access), [stored]);
    assert.deepEqual(await removeSecret("gh", access), [stored]);
    await refuses(removeSecret("gh", access), "not_found", /kas secret list/);
    assert.deepEqual(await listSecrets(access), []);
  }));

Deno.test("resolveSecret() names variable, agent and the command that sets a missing one", () =>
  inHome(async (access) => {
    const use = { agent: "scout", variable: "GH_TOKEN" };
    await refuses(
      resolveSecret(file("gh"), access, use),
      "not_found",
      /"file:gh" for GH_TOKEN of the agent "scout"\nRun: kas secret set gh$/,
    );
    await refuses(
      resolveSecrets({ GH_TOKEN: file("gh") }, access, "scout"),
      "not_found",
      /GH_TOKEN of the agent "scout"/,
    );
  }));

Deno.test("resolveSecret() refuses files that others can read, links and what is no text", () =>
  inHome(async (access, dir) => {
    await setSecret("gh", PLANTED, "file", access);
    const path = `${dir}/home/secrets/gh`;
    const resolve = () => resolveSecret(file("gh"), access);
    await Deno.chmod(path, 0o640);
    await refuses(resolve(), "guard", /others can read it \(mode 640\)[^]*chmod 600/);
    await Deno.chmod(path, 0o600);
    for (const bytes of [[0x68, 0xff], [0x68, 0]]) {
      await Deno.writeFile(
        path,
        new Uint8Array([...new TextEncoder().encode("hunter2"), ...bytes]),
      );
      await refuses(resolve(), "invalid", /not UTF-8|NUL/);
    }
    await Deno.writeTextFile(path, "x".repeat(70_000));
    await refuses(resolve(), "invalid", /larger than 65536/);
    await Deno.remove(path);
    await Deno.writeTextFile(`${dir}/elsewhere`, "hunter2", { mode: 0o600 });
    await Deno.symlink(`${dir}/elsewhere`, path);
    await refuses(resolve(), "guard", /not a file/);
    await refuses(setSecret("gh", "hunter2 new", "file", access), "guard", /not a file/);
    assert.equal(await Deno.readTextFile(`${dir}/elsewhere`), "hunter2");
    await refuses(removeSecret("gh", access), "guard", /not a file/);
  }));

Deno.test("setSecret() refuses names that lead elsewhere and values that cannot be variables", () =>
  inHome(async (access, dir) => {
    for (const name of ["..", "../x", "a/b", "", ".x"]) {
      await refuses(setSecret(name, PLANTED, "file", access), "invalid", /name of a secret/);
      await refuses(removeSecret(name, access), "invalid", /name of a secret/);
    }
    for (const value of ["", "\n", "hunter2\0", "hunter2".repeat(10_000)]) {
      await refuses(
        setSecret("gh", value, "file", access),
        "invalid",
        /Cannot store the secret "gh"/,
      );
    }
    assert.deepEqual([...Deno.readDirSync(dir)].map(({ name }) => name), ["bin"]);
  }));

const ENTRY = { service: "kasmos", account: "gh" };

Deno.test("the keychain is asked with the value on stdin, never as an argument", () =>
  inHome(async (access, dir) => {
    for (const system of ["other", "darwin"] as const) {
      assert.equal(await readKeychain(ENTRY, access, system), null);
      assert.equal(await removeKeychain(ENTRY, access, system), false);
      await writeKeychain(ENTRY, PLANTED, access, system);
      assert.equal(await readKeychain(ENTRY, access, system), PLANTED);
      assert.equal(await removeKeychain(ENTRY, access, system), true);
      assert.equal(await readKeychain(ENTRY, access, system), null);
    }
    const calls = await Deno.readTextFile(`${dir}/calls`);
    assert.match(calls, /^lookup service kasmos account gh$/m);
    assert.match(calls, /^store --label=kas: gh service kasmos account gh$/m);
    assert.match(calls, /^find-generic-password -s kasmos -a gh -w$/m);
    assert.doesNotMatch(calls, /hunter2|68756e74657232/);
  }, { "secret-tool": SECRET_TOOL, security: SECURITY }));

Deno.test("the keychain's own words are told when it does not open", () =>
  inHome(async (access) => {
    const work = readKeychain(ENTRY, access, "other");
    await refuses(work, "guard", /Cannot read the keychain: it is locked\n.*kas secret set/);
    await refuses(writeKeychain(ENTRY, PLANTED, access, "other"), "guard", /locked/);
  }, { "secret-tool": "#!/bin/sh\necho 'it is locked' >&2\nexit 1\n" }));

Deno.test("a machine without a keychain says which program is missing", () =>
  inHome(async (access) => {
    const bare = { ...access, hostEnv: { PATH: "/nonexistent" } };
    await refuses(
      readKeychain(ENTRY, bare, "other"),
      "missing_program",
      /secret-tool.*\n.*libsecret/,
    );
  }));

Deno.test({
  name: "setSecret() puts a value into the keychain and only its name beside",
  ignore: Deno.build.os === "darwin",
  fn: () =>
    inHome(async (access, dir) => {
      const stored = await setSecret("gh", PLANTED, "keychain", access);
      assert.deepEqual(stored, { name: "gh", store: "keychain", ref: "keychain:kasmos/gh" });
      assert.deepEqual(await listSecrets(access), [stored]);
      const ref: SecretRef = { kind: "keychain", ...ENTRY };
      assert.equal(await resolveSecret(ref, access), PLANTED);
      assert.equal(await Deno.readTextFile(`${dir}/home/secrets/.keychain/gh`), "");
      assert.deepEqual(await removeSecret("gh", access), [stored]);
      await refuses(resolveSecret(ref, access), "not_found", /kas secret set gh --keychain/);
      const foreign: SecretRef = { kind: "keychain", service: "other", account: "me" };
      await refuses(resolveSecret(foreign, access), "not_found", /secret-tool store .*"other"/);
    }, { "secret-tool": SECRET_TOOL }),
});
