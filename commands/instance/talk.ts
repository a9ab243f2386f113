import { sessionJson } from "../../lib/api/json.ts";
import { type Command, defineCommand } from "../../lib/cli/define.ts";
import { interruptInstance, sendPrompt } from "../../lib/engine/talk.ts";
import { openDesk, poke, readText, repoOption } from "../_shared.ts";
import { openTmux } from "../_tmux.ts";
import { instanceOf, titleArgument } from "./_find.ts";

/** `kas instance send` */
export const send: Command = defineCommand({
  description: "Type a prompt into an instance and press Enter",
  args: {
    ...titleArgument,
    prompt: { type: "positional", description: "The text, or - for stdin" },
    ...repoOption,
  },
  examples: [["kas instance send add-login-W1-T2 'Use the test database'", "Give an advice"]],
  async run(ctx) {
    const { title, prompt, repo } = ctx.values;
    const text = prompt === "-" ? (await readText("-", "the prompt")).trimEnd() : prompt;
    await using desk = await openDesk(repo, { person: "send a prompt" });
    const session = await instanceOf(desk, title);
    await using tmux = openTmux(desk.home.paths);
    await sendPrompt({ ...desk.home, tmux }, session, text, desk.actor);
    await poke(desk, { start: false });
    ctx.print(sessionJson(session), () => `sent: ${text.length} characters to ${session.title}`);
  },
});

/** `kas instance interrupt` */
export const interrupt: Command = defineCommand({
  description: "Press the keys that interrupt what an agent is doing",
  args: { ...titleArgument, ...repoOption },
  async run(ctx) {
    await using desk = await openDesk(ctx.values.repo, { person: "interrupt an agent" });
    const session = await instanceOf(desk, ctx.values.title);
    await using tmux = openTmux(desk.home.paths);
    const keys = await interruptInstance({ ...desk.home, tmux }, session, desk.actor);
    await poke(desk, { start: false });
    ctx.print(sessionJson(session), () => `interrupted: ${session.title} (${keys.join(" ")})`);
  },
});
