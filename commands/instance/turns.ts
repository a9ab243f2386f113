import { presentationOf, type TurnJson, type TurnRowJson } from "../../lib/api/turns.ts";
import { type Command, defineCommand } from "../../lib/cli/define.ts";
import { tame } from "../../lib/cli/text.ts";
import { formatDuration } from "../../lib/cli/time.ts";
import { ROW_KINDS } from "../../lib/harness/turns.ts";
import { checkLimit, localTime, openDesk, parseChoices, repoOption } from "../_shared.ts";
import { readableOf, titleArgument } from "./_find.ts";

/** Lines of a call or a result that people see; --json has all. */
const SHOWN_LINES = 12;

/** `kas instance turns` */
export const turns: Command = defineCommand({
  description: "Print what an instance did, turn by turn",
  details:
    "Read from the transcript its runtime keeps; of one that has ended, as long as that is " +
    "there. system is what was said to it, prose and response what it says, response being its " +
    "last words.",
  args: {
    ...titleArgument,
    kind: {
      type: "string",
      multiple: true,
      metavar: "list",
      description: `Only these: ${ROW_KINDS.join(", ")}`,
    },
    last: { type: "number", metavar: "n", description: "Only the last turns" },
    ...repoOption,
  },
  examples: [
    ["kas instance turns add-login-W1-T2 --last 1", "What it is at"],
    ["kas instance turns add-login-W1-T2 --kind tool,result", "What it ran"],
  ],
  async run(ctx) {
    const { title, kind, last, repo } = ctx.values;
    const kinds = parseChoices("kind", kind, ROW_KINDS);
    const count = last === undefined ? Infinity : checkLimit(last);
    await using desk = await openDesk(repo);
    const session = await readableOf(desk, title);
    const all = await presentationOf(desk.home, session);
    const shown = all.turns.slice(-count).map((turn) => ({
      ...turn,
      rows: turn.rows.filter((row) => kinds.length === 0 || kinds.includes(row.kind)),
    }));
    ctx.print({ title: session.title, ...all, turns: shown }, (data) => {
      if (data.reason !== null) return data.reason;
      const isCut = data.is_cut || (data.turns[0]?.number ?? 1) > 1;
      return [...isCut ? ["Earlier turns are not shown"] : [], ...data.turns.map(turnText)]
        .join("\n\n");
    });
  },
});

function turnText(turn: TurnJson): string {
  return [headOf(turn), ...turn.rows.map(rowText)].join("\n");
}

function headOf({ number, started_at, completed_at, interrupted, tool_count }: TurnJson): string {
  const [begin, end] = [started_at, completed_at].map((at) => at === null ? null : Date.parse(at));
  const words = [
    `turn ${number}`,
    ...begin === null || begin === undefined ? [] : [localTime(begin)],
    ...end === null || end === undefined
      ? ["goes on"]
      : begin === null || begin === undefined
      ? []
      : [`took ${formatDuration(end - begin)}`],
    ...tool_count === 0 ? [] : [tool_count === 1 ? "1 tool" : `${tool_count} tools`],
    ...interrupted ? ["interrupted"] : [],
  ];
  return words.join(", ");
}

function rowText({ kind, text, tool_name, is_error, is_cut }: TurnRowJson): string {
  const isLong = kind === "tool" || kind === "result";
  const lines = text.replace(/\s+$/, "").split("\n");
  const shown = isLong ? lines.slice(0, SHOWN_LINES) : lines;
  const more = lines.length - shown.length;
  const head = [tool_name, is_error ? "(error)" : null].filter((word) => word !== null).join(" ");
  const body = [
    ...head === "" ? [] : [head],
    ...shown,
    ...more > 0 ? [`(${more} more lines)`] : [],
    ...is_cut ? ["(the transcript has more)"] : [],
  ].map((line) => tame(line));
  return body.map((line, at) => `  ${(at === 0 ? kind : "").padEnd(11)}${line}`.trimEnd())
    .join("\n");
}
