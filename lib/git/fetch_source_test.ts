import assert from "node:assert/strict";
import { type Fixture, inRepo, rejects, there } from "./_fixture.ts";
import { checkRemote, fetchSource, locateInRepository, remoteRefs } from "./fetch_source.ts";

async function fetchInto(fixture: Fixture, ref: string | null, url = fixture.root) {
  const into = await Deno.makeTempDir({ dir: fixture.tmp });
  const { commit } = await fetchSource({ url, ref, into, ...fixture.options });
  return { into, commit, text: (name: string) => Deno.readTextFile(`${into}/${name}`) };
}

Deno.test("fetchSource: the default branch, a branch, a tag, a full and a short commit id", async () => {
  await inRepo(async (fixture) => {
    const { git, commit, root, base } = fixture;
    await git(["tag", "-a", "-m", "one", "v1"]);
    await git(["switch", "-q", "-c", "feature/x"]);
    const feature = await commit(root, { "a.txt": "feature\n" });
    await git(["switch", "-q", "main"]);
    const main = await commit(root, { "a.txt": "main\n" });
    for (
      const [ref, expected, text] of [
        [null, main, "main\n"],
        ["main", main, "main\n"],
        ["feature/x", feature, "feature\n"],
        ["v1", base, "a\n"],
        ["refs/tags/v1", base, "a\n"],
        [base, base, "a\n"],
        [base.slice(0, 10), base, "a\n"],
      ] as const
    ) {
      const got = await fetchInto(fixture, ref);
      assert.equal(got.commit, expected, String(ref));
      assert.equal(await got.text("a.txt"), text, String(ref));
    }
  });
});

Deno.test("fetchSource: a ref the remote does not have is said, with what it has", async () => {
  await inRepo(async (fixture) => {
    await fixture.git(["tag", "v1.0"]);
    const error = await rejects(fetchInto(fixture, "v1.1"), "not_found", /Cannot find "v1\.1"/);
    assert.match(error.hint ?? "", /Did you mean "v1\.0"/);
    await rejects(fetchInto(fixture, "deadbeef"), "not_found", /deadbeef/);
    await rejects(fetchInto(fixture, "--upload-pack=x"), "invalid", /upload-pack/);
  });
});

Deno.test("fetchSource: no filter, no hook, no submodule and no line ending is applied", async () => {
  await inRepo(async (fixture) => {
    const { git, root, tmp, write, commit } = fixture;
    await write(`${root}/.gitattributes`, "*.txt filter=evil text eol=crlf\n");
    await write(`${root}/.gitmodules`, `[submodule "s"]\n\tpath = s\n\turl = ${root}\n`);
    await commit(root, { "lf.txt": "one\ntwo\n" });
    await git(["update-index", "--add", "--cacheinfo", `160000,${fixture.base},s`]);
    await git(["commit", "-q", "-m", "submodule"]);
    const config = `${tmp}/gitconfig`;
    const mark = (name: string) => `touch '${tmp}/${name}'; cat`;
    await Deno.mkdir(`${tmp}/hooks`);
    await Deno.writeTextFile(`${tmp}/hooks/post-checkout`, `#!/bin/sh\ntouch '${tmp}/hooked'\n`);
    await Deno.chmod(`${tmp}/hooks/post-checkout`, 0o755);
    await git(["config", "-f", config, "filter.evil.smudge", mark("smudged")]);
    await git(["config", "-f", config, "core.hooksPath", `${tmp}/hooks`]);
    await git(["config", "-f", config, "core.autocrlf", "true"]);
    const into = await Deno.makeTempDir({ dir: tmp });
    const env = { ...fixture.options.env, GIT_CONFIG_GLOBAL: config };
    await fetchSource({
      url: `file://${encodeURI(root)}`,
      ref: null,
      into,
      env,
    });
    assert.equal(await Deno.readTextFile(`${into}/lf.txt`), "one\ntwo\n");
    assert.equal(await there(`${tmp}/smudged`), false);
    assert.equal(await there(`${tmp}/hooked`), false);
    assert.deepEqual([...Deno.readDirSync(`${into}/s`)], []);
  });
});

Deno.test("checkRemote: only transports that start no program of the address's choice", () => {
  for (
    const url of [
      "https://host/o/r.git",
      "ssh://git@host:22/o/r",
      "git://host/r",
      "file:///tmp/r",
      "git@host:o/r.git",
      "host:r",
      "/tmp/some repo",
    ]
  ) assert.equal(checkRemote(url), url);
  for (
    const url of [
      "ext::sh -c touch% /tmp/x",
      "http://host/r.git",
      "fd::17",
      "ftp://host/r",
      "ssh://-oProxyCommand=x/r",
      "ssh://git@-oProxyCommand=x/r",
      "-oProxyCommand=x:r",
      "--upload-pack=x",
      "https://user:secret@host/r.git",
      "https:///r",
      "host:\nx",
      "relative/path",
      "",
    ]
  ) assert.throws(() => checkRemote(url), { code: "guard" }, url);
});

Deno.test("checkRemote: a password is never repeated", () => {
  assert.throws(
    () => checkRemote("https://user:hunter2@host/r.git"),
    (error) => !String(error).includes("hunter2"),
  );
});

Deno.test("remoteRefs: refs of a remote; a folder that is none is explained", async () => {
  await inRepo(async (fixture) => {
    await fixture.git(["tag", "-a", "-m", "one", "v1"]);
    const { head, refs } = await remoteRefs(fixture.root, fixture.options);
    assert.equal(head, fixture.base);
    assert.deepEqual(Object.fromEntries(refs), {
      "refs/heads/main": fixture.base,
      "refs/tags/v1": fixture.base,
    });
    const nothing = await Deno.makeTempDir({ dir: fixture.tmp });
    const error = await rejects(remoteRefs(nothing, fixture.options), "git_failed", /ls-remote/);
    assert.match(error.hint ?? "", /without asking/);
  });
});

Deno.test("locateInRepository: work tree, subfolder, bare, and none", async () => {
  await inRepo(async (fixture) => {
    const { root, tmp, options } = fixture;
    assert.deepEqual(await locateInRepository(root, options), {
      top: root,
      prefix: "",
      bare: false,
    });
    assert.deepEqual(
      await locateInRepository(`${root}/dir`, options),
      { top: root, prefix: "dir", bare: false },
    );
    await fixture.git(["clone", "-q", "--bare", root, `${tmp}/bare.git`]);
    assert.equal((await locateInRepository(`${tmp}/bare.git`, options))?.bare, true);
    const none = await Deno.makeTempDir({ dir: tmp });
    assert.equal(await locateInRepository(none, options), null);
    assert.equal(await locateInRepository(`${tmp}/missing`, options), null);
  });
});
