/**
 * The first minutes of a new user with the built program (KAS_BIN, default build/kas), typed into a
 * real terminal: from `kas` alone to a merged branch and the web admin. Every screen has to be
 * legible and to say what comes next.
 */
import assert from "node:assert/strict";
import { agentTest } from "./support/agent_case.ts";
import { fetchAgentCli, isMissing } from "./support/agent_clis.ts";
import { TEAM } from "./support/agent_script.ts";
import { settleUser } from "./support/agent_user.ts";
import { brokenWords, Journey, legible } from "./support/journey.ts";
import { startMockModel } from "./support/mock_model.ts";

// Only the question that is open has this mark.
const PROGRAMS = /◆ +Which agent programs/;
const PARTS = /◆ +What shall be in the repository/;
const REVIEW = /◆ +Write this\?/;
/** After the links, the server says that it goes on. */
const SERVING = /log in within a minute:\n(http:\/\/\S+?)\/admin\/login#(kas_\S+)/;

Deno.test("brokenWords() sees a word over the end of a line, and lets longer ones be", () => {
  assert.deepEqual(brokenWords("one two three", 10), ["three"]);
  assert.deepEqual(brokenWords("one two thr", 11), []);
  assert.deepEqual(brokenWords("one two\nthree", 7), []);
  assert.deepEqual(brokenWords(`see ${"x".repeat(30)}`, 10), []);
  assert.deepEqual(brokenWords("one two   three", 8), []);
});

/** `kas` alone, and what help there is. */
async function lookAround(journey: Journey): Promise<void> {
  const alone = await journey.run("kas");
  assert.match(alone.text, /^ {2}setup\b/m);
  assert.match(alone.text, /kas task create .*\n[\s\S]*kas task start/);
  const help = await journey.run("kas help");
  assert.deepEqual([alone.code, help.code], [0, 0]);
  assert.match(help.text, /getting-started[\s\S]*Run kas help <topic> to read one\.$/);
  const page = await journey.run("kas help getting-started");
  assert.match(page.text, /kas task create[\s\S]*kas task merge/);
}

/** The questions of `kas setup`, there and back, and then not after all. */
async function thinkAgain(journey: Journey): Promise<void> {
  await journey.begin("kas setup");
  await journey.until(PROGRAMS);
  await journey.press("Enter");
  await journey.until(PARTS);
  await journey.press("Down", "Down", "Down", "Space", "Enter");
  legible(await journey.until(REVIEW), journey.width);
  await journey.press("Down", "Down", "Enter"); // back to the programs
  await journey.until(PROGRAMS);
  await journey.press("Enter");
  await journey.until(REVIEW);
  await journey.press("Down", "Enter"); // every difference
  const shown = await journey.until(/\+<!-- kas:end -->[\s\S]*◆ +Write this\?/);
  legible(shown, journey.width);
  await journey.press("C-c");
  const { code, text } = await journey.ended();
  legible(text, journey.width);
  assert.equal(code, 130);
  assert.equal(text.match(/nothing was written/g)?.length, 1);
  assert.deepEqual(await journey.untracked(), []);
  // what the program unpacks for itself
  const home = [...Deno.readDirSync(journey.home)].map(({ name }) => name);
  assert.deepEqual(home.filter((name) => ![".cache", ".claude"].includes(name)), []);
}

/** A task, watched to its end, and merged. */
async function work(journey: Journey, task: string): Promise<void> {
  const line = `kas task create ${task} --description 'Greet people from the command line'`;
  assert.match((await journey.run(line)).text, new RegExp(`^created: ${task} on plan/${task}`));
  const started = await journey.run(`kas task start ${task}`);
  assert.equal(started.code, 0, started.text);
  await journey.begin("kas monitor");
  const watched = await journey.until(/verifying → done|decision_opened/);
  legible(watched, journey.width);
  assert.doesNotMatch(watched, /decision_opened/);
  await journey.press("C-c");
  assert.equal((await journey.ended()).code, 130);
  const status = await journey.run("kas status");
  assert.match(status.text, new RegExp(`daemon: running[\\s\\S]*kas task merge ${task}`));
  const merged = await journey.run(`kas task merge ${task}`);
  assert.match(merged.text, new RegExp(`^merged: ${task} → main`));
  assert.match(await journey.git("ls-tree", "-r", "--name-only", "main"), /^lib\/greet\.sh$/m);
  const list = await journey.run("kas task list --all");
  assert.match(list.text, new RegExp(`^${task} +\\S+`, "m"));
}

/** The admin, by the link that is valid once. */
async function openAdmin(journey: Journey): Promise<void> {
  await journey.begin("kas serve --open --port 0");
  const shown = await journey.until(/in a browser/);
  legible(shown.replaceAll(/\S*\/admin\/login#\S+\s\S*/g, ""), journey.width);
  const [, url = "", code = ""] = SERVING.exec(shown) ?? [];
  const page = await fetch(`${url}/admin/login`);
  assert.equal(page.status, 200);
  assert.match(await page.text(), /<script [^>]*src="[^"]*\/admin\/assets\//);
  const login = (): Promise<Response> =>
    fetch(`${url}/v1/login`, {
      method: "POST",
      headers: { "content-type": "application/json", origin: url },
      body: JSON.stringify({ code }),
    });
  const first = await login();
  assert.equal(first.status, 200, await first.text());
  const cookie = first.headers.get("set-cookie") ?? "";
  assert.match(cookie, /HttpOnly; SameSite=Strict/);
  const again = await login();
  assert.equal(again.status, 401, await again.text());
  const tasks = await fetch(`${url}/v1/projects`, {
    headers: { cookie: cookie.split(";")[0] ?? "" },
  });
  assert.equal(tasks.status, 200);
  assert.match(await tasks.text(), /my shop/);
  await journey.press("C-c");
  assert.equal((await journey.ended()).code, 130);
}

Deno.test("a new user without an agent program gets from kas to a merged branch", async () => {
  await using journey = await Journey.open(80);
  await journey.sitDown();
  await lookAround(journey);
  const none = await journey.run("kas setup --yes");
  assert.equal(none.code, 4);
  assert.match(none.text, /npm install -g [\s\S]*kas setup --runtime demo$/);
  await thinkAgain(journey);
  const setup = await journey.run("kas setup --yes --runtime demo");
  assert.equal(setup.code, 0);
  assert.match(setup.text, /Next:\n {2}kas task create .*\n {2}kas task start/);
  await work(journey, "greet");
  await openAdmin(journey);
});

const ignore = Deno.env.get("KAS_TEST_AGENTS") !== "1" || await isMissing("claude");
agentTest("claude", ignore, "a new user with claude gets from kas to a merged branch", async () => {
  await using model = startMockModel({ rules: TEAM });
  await using journey = await Journey.open(80, { claude: await fetchAgentCli("claude") });
  Object.assign(journey.env, await settleUser("claude", journey.home, model.url));
  await journey.sitDown();
  await thinkAgain(journey);
  const setup = await journey.run("kas setup --yes");
  assert.equal(setup.code, 0);
  assert.match(setup.text, /\.claude\/settings\.json[\s\S]*Next:/);
  await journey.git("add", "--all");
  await journey.git("commit", "-q", "-m", "Set up kas");
  await work(journey, "greet-the-world");
});

Deno.test("a narrow, dumb or misplaced terminal gets words, no traces", async () => {
  await using journey = await Journey.open(40);
  await journey.sitDown();
  const cases: readonly (readonly [line: string, code: number, wants: RegExp])[] = [
    ["kas", 0, /kas task start/],
    ["TERM=dumb kas setup", 2, /kas setup --yes/],
    ["TERM=dumb kas setup -y -r demo", 0, /Next:/],
    ["kas task create a --description b", 0, /created: a on plan\/a/],
    ["TERM=dumb kas status", 0, /daemon: not running/],
    ["kas task list", 0, /^a +ready/m],
    ["cd ..; kas setup --yes; cd - >&2", 0, /git init/],
    ["cd ..; kas task list; cd - >&2", 0, /git init/],
    // the variable is for a build that unpacks itself
    ["KAS_UNPACK_DIR=~/u HOME= kas status", 2, /Set HOME/],
  ];
  for (const [line, code, wants] of cases) {
    const screen = await journey.run(line);
    assert.equal(screen.code, code, `${line}: ${screen.text}`);
    assert.match(screen.text, wants);
  }
});
