import { sessionJson } from "../../lib/api/json.ts";
import { type Command, defineCommand } from "../../lib/cli/define.ts";
import type { PermissionChoice } from "../../lib/engine/permission.ts";
import { answerPermission } from "../../lib/engine/talk.ts";
import { openDesk, poke, repoOption } from "../_shared.ts";
import { openTmux } from "../_tmux.ts";
import { fresh, instanceOf, titleArgument } from "./_find.ts";

/** Answers by their place in the API. */
const ANSWERS = ["once", "always", "reject"] as const;

const permission: Command = defineCommand({
  description: "Answer the permission question of an agent",
  details: "once allows what it asks for, always also the next time, as far as the runtime has " +
    "such an answer, reject declines it. A question that kas does not know is answered in the " +
    "agent's terminal.",
  args: {
    ...titleArgument,
    answer: { type: "positional", choices: ANSWERS, description: "once, always or reject" },
    ...repoOption,
  },
  examples: [["kas instance permission add-login-W1-T2 once", "Let it go on"]],
  async run(ctx) {
    const { title, answer, repo } = ctx.values;
    await using desk = await openDesk(repo, { person: "answer an agent" });
    const session = await instanceOf(desk, title);
    await using tmux = openTmux(desk.home.paths);
    await answerPermission({ ...desk.home, tmux }, session, choiceOf(answer), desk.actor);
    await poke(desk, { start: false });
    ctx.print(
      sessionJson(await fresh(desk, session)),
      (row) => `answered: ${row.title} (${answer})`,
    );
  },
});

export default permission;

function choiceOf(answer: string): PermissionChoice {
  switch (answer) {
    case "once":
      return 0;
    case "always":
      return 1;
    default:
      return 2;
  }
}
