/** The questions of `kas setup`, in a real terminal with real keystrokes. */
import assert from "node:assert/strict";
import { SetupStage } from "./support/setup_stage.ts";

// Only the question that is open has this mark.
const PROGRAMS = /◆ +Which agent programs/;
const WHO = /◆ +Who does the work/;
const PARTS = /◆ +What shall be in the repository/;
const REVIEW = /◆ +Write this\?/;

for (const width of [80, 40]) {
  Deno.test(`kas setup goes through its questions, back and on, at ${width} columns`, async () => {
    await using stage = await SetupStage.open(["claude", "codex"]);
    await stage.start(width);
    const first = await stage.until(PROGRAMS);
    assert.match(first, /claude/);
    assert.match(first, /not installed/);
    await stage.press("Enter");
    await stage.until(WHO);
    // up to the last choice, which is Back
    await stage.press("Up", "Enter");
    await stage.until(PROGRAMS);
    await stage.press("Enter");
    await stage.until(WHO);
    await stage.press("Down", "Enter"); // codex for every role
    await stage.until(PARTS);
    await stage.press("Down", "Down", "Down", "Space", "Enter"); // no agents of programs
    const review = await stage.until(REVIEW);
    assert.match(review, /AGENTS\.md/);
    assert.doesNotMatch(review, /\.claude\/agents/);
    assert.deepEqual(await stage.untracked(), []);
    await stage.press("Down", "Enter"); // every difference
    await stage.until(/\+<!-- kas:end -->[\s\S]*◆ +Write this\?/);
    await stage.press("Enter");
    await stage.until(/ended 0/);
    const settings = await Deno.readTextFile(`${stage.repo}/.kasmos/config.toml`);
    assert.match(settings, /^default_program = "codex"$/m);
    const files = await stage.untracked();
    assert.ok(files.includes(".claude/skills/kas-coder"));
    assert.ok(!files.some((path) => path.includes("/agents/")));
  });
}

Deno.test("kas setup lets one choose role by role, with models, and change it in the review", async () => {
  await using stage = await SetupStage.open(["claude", "codex"]);
  await stage.start(80);
  await stage.until(PROGRAMS);
  await stage.press("Enter");
  await stage.until(WHO);
  await stage.press("Down", "Down", "Enter"); // role by role
  await stage.until(/◆ +Who is the planner/);
  await stage.press("Enter");
  await stage.until(/◆ +Model of claude/);
  await stage.press("opus", "Enter");
  await stage.until(/◆ +Who is the architect/);
  await stage.press("Up", "Enter"); // back
  await stage.until(/◆ +Who is the planner/);
  await stage.press("Down", "Enter"); // codex after all
  await stage.until(/◆ +Model of codex/);
  await stage.press("Enter");
  for (const role of ["architect", "coder", "reviewer", "fixer", "master", "chat"]) {
    await stage.until(new RegExp(`◆ +Who is the ${role}\\?`));
    await stage.press("Enter");
    await stage.until(/◆ +Model of claude/);
    await stage.press("Enter");
  }
  await stage.until(PARTS);
  await stage.press("Enter");
  const review = await stage.until(REVIEW);
  assert.match(review, /codex: planner/);
  await stage.press("Down", "Down", "Down", "Enter"); // who does the work
  await stage.until(WHO);
  await stage.press("Enter"); // as it is now
  await stage.until(REVIEW);
  await stage.press("Enter");
  await stage.until(/ended 0/);
  const settings = await Deno.readTextFile(`${stage.repo}/.kasmos/config.toml`);
  assert.match(settings, /^\[agents\.planner\]\nprogram = "codex"$/m);
  assert.match(settings, /^default_program = "claude"$/m);
});

Deno.test("kas setup leaves nothing when it is cancelled, at every question", async () => {
  await using stage = await SetupStage.open(["claude", "codex"]);
  const ways: [question: RegExp, keys: string[]][] = [
    [PROGRAMS, ["Enter"]],
    [WHO, ["Down", "Down", "Enter"]],
    [/◆ +Who is the planner/, ["Enter"]],
    [/◆ +Model of claude/, ["Enter"]],
    [/◆ +Who is the architect/, ["C-c"]],
  ];
  const short: [question: RegExp, keys: string[]][] = [
    [PROGRAMS, ["Enter"]],
    [WHO, ["Enter"]],
    [PARTS, ["Enter"]],
    [REVIEW, ["C-c"]],
  ];
  for (const way of [ways, short]) {
    for (let stop = 0; stop < way.length; stop++) {
      await stage.start(80);
      for (const [question, keys] of way.slice(0, stop)) {
        await stage.until(question);
        await stage.press(...keys);
      }
      await stage.until(way[stop]?.[0] ?? /never/);
      await stage.press("C-c");
      await stage.until(/nothing was written[\s\S]*ended 130/);
      await stage.endPane();
      assert.deepEqual(await stage.untracked(), []);
    }
  }
});

Deno.test("kas setup offers the scripted agent when nothing is installed", async () => {
  await using stage = await SetupStage.open([]);
  await stage.start(80);
  const first = await stage.until(PROGRAMS);
  assert.match(first, /npm install -g @openai\/codex/);
  await stage.press("Enter");
  await stage.until(PARTS);
  await stage.press("Enter");
  await stage.until(REVIEW);
  await stage.press("Enter");
  await stage.until(/ended 0/);
  const settings = await Deno.readTextFile(`${stage.repo}/.kasmos/config.toml`);
  assert.match(settings, /^default_program = "demo"$/m);
});

Deno.test("kas setup says what to install without a frame that a narrow terminal breaks", async () => {
  await using stage = await SetupStage.open([]);
  await stage.start(40);
  const first = await stage.until(/demo \(/);
  assert.match(first, /npm install -g @openai\/codex/);
  assert.doesNotMatch(first, /^ +[│╮╯]$|^─+[╮╯]$/m);
  await stage.press("C-c");
  await stage.until(/ended 130/);
});

Deno.test("kas setup asks nothing on a dumb terminal", async () => {
  await using stage = await SetupStage.open(["claude"]);
  stage.env["TERM"] = "dumb";
  await stage.start(80);
  await stage.until(/kas setup --yes[\s\S]*ended 2/);
  assert.deepEqual(await stage.untracked(), []);
});
