import assert from "node:assert/strict";
import { inMcpWorld, type McpWorld } from "./_testing.ts";

async function write(world: McpWorld, path: string, text: string): Promise<void> {
  const full = `${world.repo}/${path}`;
  await Deno.mkdir(full.slice(0, full.lastIndexOf("/")), { recursive: true });
  await Deno.writeTextFile(full, text);
}

Deno.test("files are read, listed, found and searched within bounds", async () => {
  await inMcpWorld(async (world) => {
    await write(world, "src/a.ts", "export const a = 1;\nexport const b = 2;\n");
    await write(world, "src/deep/b_test.ts", "// TODO: b(x)\n");
    await write(world, ".gitignore", "secret.txt\n");
    await write(world, "secret.txt", "TODO: hidden\n");
    await write(world, "long.txt", Array.from({ length: 5000 }, (_, n) => `line ${n}`).join("\n"));
    const client = await world.stdio();

    const some = await client.ok("read_file", { path: "src/a.ts", first_line: 2, lines: 1 });
    assert.equal(some["content"], "export const b = 2;");
    const long = await client.ok("read_file", { path: "long.txt" });
    assert.deepEqual([long["lines"], long["total_lines"], long["truncated"]], [2000, 5000, true]);
    await Deno.writeFile(`${world.repo}/bin`, new Uint8Array([1, 0, 2]));
    assert.match((await client.refused("read_file", { path: "bin" })).text, /binary/);
    assert.match((await client.refused("read_file", { path: "src" })).text, /folder/);
    assert.equal((await client.refused("read_file", { path: "none.ts" })).code, "not_found");

    const listed = JSON.stringify(await client.ok("list_dir"));
    assert.match(listed, /"name":"src","type":"folder"/);
    assert.doesNotMatch(listed, /"name":"\.git"/);
    const found = await client.ok("find_files", { glob: "**/*.ts" });
    assert.deepEqual(found["files"], ["src/a.ts", "src/deep/b_test.ts"]);
    assert.deepEqual((await client.ok("find_files", { glob: "*.ts", path: "src" }))["files"], [
      "a.ts",
    ]);
    for (const glob of ["../*", "/etc/*", "", "a/../../*"]) {
      assert.equal((await client.refused("find_files", { glob })).code, "invalid", glob);
    }
    const magic = await client.ok("find_files", { glob: ":(top,exclude)src" });
    assert.deepEqual(magic["files"], []);

    assert.deepEqual((await client.ok("grep", { pattern: "TODO" }))["lines"], [
      "src/deep/b_test.ts:1:// TODO: b(x)",
    ]);
    assert.deepEqual((await client.ok("grep", { pattern: "b(x)", plain: true }))["lines"], [
      "src/deep/b_test.ts:1:// TODO: b(x)",
    ]);
    assert.equal((await client.call("grep", { pattern: "no such words" })).text, "no matches");
    const one = await client.ok("grep", { pattern: "const", path: "src/a.ts", limit: 1 });
    assert.deepEqual([one["lines"], one["more"]], [["a.ts:1:export const a = 1;"], 1]);
    assert.equal((await client.refused("grep", { pattern: "(" })).code, "git_failed");
    const dash = await client.ok("grep", { pattern: "--open-files-in-pager=id" });
    assert.deepEqual(dash["lines"], []);
  });
});

Deno.test("symbols lists what a file declares, and names what it does not know", () =>
  inMcpWorld(async (world) => {
    await Deno.writeTextFile(`${world.repo}/greet.ts`, "export function greet() {\n}\n");
    await Deno.writeTextFile(`${world.repo}/notes.xyz`, "x\n");
    const client = await world.stdio();
    assert.deepEqual(await client.ok("symbols", { path: "greet.ts" }), {
      path: "greet.ts",
      symbols: [{ name: "greet", kind: "function", line: 1 }],
      more: 0,
    });
    assert.match((await client.refused("symbols", { path: "notes.xyz" })).text, /not known/);
    assert.equal((await client.refused("symbols", { path: "../x.ts" })).code, "guard");
  }));

Deno.test("git is looked at, for the worktree and for a task", async () => {
  await inMcpWorld(async (world) => {
    await world.task("add-login");
    await world.git("switch", "-q", "-c", "plan/add-login");
    await write(world, "login.ts", "1\n");
    await world.git("add", ".");
    await world.git("commit", "-q", "-m", "Login\n\nWith a page.");
    await world.git("switch", "-q", "main");
    await write(world, "README.md", "# Shop\n\nIt sold.\n");
    await write(world, "odd name\t.txt", "x");
    const client = await world.stdio();
    const status = await client.ok("git_status");
    assert.equal(status["branch"], "main");
    assert.deepEqual(status["files"], [
      { code: ".M", path: "README.md" },
      { code: "??", path: "odd name\t.txt" },
    ]);
    assert.match((await client.call("git_diff")).text, /\+It sold\./);
    assert.match((await client.call("git_diff", { stat: true })).text, /README\.md \|/);
    const ofTask = await client.call("git_diff", { task: "add-login" });
    assert.match(ofTask.text, /\+\+\+ b\/login\.ts/);
    assert.doesNotMatch(ofTask.text, /README/);
    const log = await client.ok("git_log", { task: "add-login" });
    assert.match(JSON.stringify(log["commits"]), /"message":"Login\\n\\nWith a page\."/);
    assert.match(JSON.stringify(await client.ok("git_log")), /"message":"first"/);
    assert.equal(
      (await client.call("git_diff", { path: "login.ts", task: "add-login" })).isError,
      true,
    );
    for (const range of ["--output=/tmp/x", "-p", "a\nb", ""]) {
      assert.equal((await client.refused("git_log", { range })).code, "invalid", range);
      assert.equal((await client.refused("git_diff", { base: range })).code, "invalid", range);
    }
    assert.equal((await client.refused("git_log", { range: "no-such" })).code, "git_failed");
  });
});

Deno.test("nothing outside of the project is read, whatever leads there", async () => {
  await inMcpWorld(async (world) => {
    await Deno.writeTextFile(`${world.root}/outside.txt`, "private\n");
    await Deno.mkdir(`${world.root}/elsewhere`);
    await Deno.writeTextFile(`${world.root}/elsewhere/a.txt`, "private\n");
    await Deno.symlink(`${world.root}/outside.txt`, `${world.repo}/link.txt`);
    await Deno.symlink(`${world.root}/elsewhere`, `${world.repo}/folder`);
    await Deno.symlink("loop", `${world.repo}/loop`);
    await Deno.symlink(`${world.repo}/.git`, `${world.repo}/g`);
    const { secret } = await world.agent();
    const people = await world.personToken("read", world.project.id);
    for (
      const client of [await world.stdio(), await world.stdio(secret), await world.overHttp(people)]
    ) {
      const paths = [
        "../outside.txt",
        `${world.root}/outside.txt`,
        "link.txt",
        "folder",
        "folder/a.txt",
        "/etc/passwd",
        "/proc/self/environ",
        ".git/config",
        ".git",
        "g/config",
        "../none",
        "a\0b",
      ];
      for (const path of paths) {
        for (const tool of ["read_file", "list_dir", "git_diff", "git_status", "git_log"]) {
          const { code, exit, text } = await client.refused(tool, { path });
          assert.deepEqual([code, exit], ["guard", 3], `${tool} ${JSON.stringify(path)}`);
          assert.doesNotMatch(text, /private|root:/);
        }
        assert.equal((await client.refused("grep", { pattern: "private", path })).code, "guard");
        assert.equal((await client.refused("find_files", { glob: "*", path })).code, "guard");
      }
      assert.equal((await client.refused("read_file", { path: "loop" })).code, "not_found");
      const searched = await client.ok("grep", { pattern: "private" });
      assert.deepEqual(searched["lines"], []);
    }
  });
});

Deno.test("an agent in a worktree reads it first, and the repository too", async () => {
  await inMcpWorld(async (world) => {
    const tree = `${world.repo}/.worktrees/add-login`;
    await world.git("worktree", "add", "-q", "-b", "plan/add-login", tree);
    await Deno.writeTextFile(`${tree}/README.md`, "changed\n");
    const { secret } = await world.agent({ root: tree });
    const client = await world.stdio(secret);
    assert.equal((await client.ok("read_file", { path: "README.md" }))["content"], "changed");
    const main = await client.ok("read_file", { path: `${world.repo}/README.md` });
    assert.match(String(main["content"]), /It sells/);
    assert.equal((await client.ok("git_status"))["branch"], "plan/add-login");
    assert.equal((await client.refused("read_file", { path: "../../../x" })).code, "guard");
    await Deno.remove(tree, { recursive: true });
    assert.match((await client.refused("list_dir")).text, /the folder is gone/);
  });
});
