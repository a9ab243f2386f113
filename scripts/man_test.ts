import assert from "node:assert/strict";
import { manPage, pageDate } from "./man.ts";

const PAGE = await manPage("0.1.0", "2026-01-31");

async function has(program: string): Promise<boolean> {
  try {
    await new Deno.Command(program, { args: ["--version"], stdout: "null", stderr: "null" })
      .output();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function through(
  argv: readonly string[],
): Promise<{ code: number; out: string; err: string }> {
  const dir = await Deno.makeTempDir({ prefix: "kas-man-" });
  try {
    await Deno.writeTextFile(`${dir}/kas.1`, PAGE);
    const [program = "", ...args] = argv;
    const { code, stdout, stderr } = await new Deno.Command(program, {
      args: [...args, `${dir}/kas.1`],
      env: { MANWIDTH: "80", LC_ALL: "C.UTF-8", MANROFFOPT: "-ww", MAN_KEEP_FORMATTING: "" },
    }).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { code, out: text(stdout), err: text(stderr) };
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

Deno.test("manPage() has every command with its options and examples", () => {
  for (
    const part of [
      ".TH KAS 1",
      '.SS "kas task start <task>"',
      '.B "\\-\\-feedback <text>"',
      '.SS "kas daemon <command>"',
      ".SH EXIT STATUS",
    ]
  ) assert.ok(PAGE.includes(part), part);
  assert.ok(!PAGE.includes('.SS "kas hook'), "hidden commands are not in it");
  assert.ok(!/^\.(?![A-Z]{1,2}\b|nf$|fi$)/m.test(PAGE), "only macros begin with a dot");
});

Deno.test("manPage() is the same for the same sources", async () => {
  assert.equal(await manPage("0.1.0", "2026-01-31"), PAGE);
});

Deno.test({
  name: "man shows the page without a warning",
  ignore: !(await has("man")) || !(await has("groff")),
  async fn() {
    const { code, out, err } = await through(["man", "--warnings", "-l"]);
    assert.equal(code, 0);
    assert.equal(err, "");
    assert.match(out, /kas task start <task>/);
    assert.match(out, /--feedback <text>/);
  },
});

Deno.test({
  name: "mandoc finds nothing to complain about in the page",
  ignore: !(await has("mandoc")),
  async fn() {
    const { code, out, err } = await through(["mandoc", "-T", "lint", "-W", "warning"]);
    assert.deepEqual([code, out, err], [0, "", ""]);
  },
});

Deno.test("pageDate() is the date of the sources, else that of the release, else today", () => {
  const changelog = "# Changelog\n\n## 0.2.0 - unreleased\n\n## 0.1.0 - 2026-01-31\n\n- x\n";
  assert.equal(pageDate("0.1.0", changelog, "86400"), "1970-01-02");
  assert.equal(pageDate("0.1.0", changelog, undefined), "2026-01-31");
  assert.equal(pageDate("0.1.0", changelog, ""), "2026-01-31");
  const today = [Date.now() - 1000, Date.now() + 1000]
    .map((ms) => new Date(ms).toISOString().slice(0, 10));
  assert.ok(today.includes(pageDate("0.2.0", changelog, undefined)));
  assert.throws(() => pageDate("0.1.0", changelog, "soon"), /SOURCE_DATE_EPOCH: "soon"/);
});
