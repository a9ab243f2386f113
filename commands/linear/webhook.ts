import { toJson } from "../../lib/api/json.ts";
import { type Command, defineCommand, defineGroup, type Group, table } from "../../lib/cli/mod.ts";
import type { LinearConfig } from "../../lib/config/types.ts";
import type { SecretSource } from "../../lib/linear/secrets.ts";
import type { LinearTrigger, TriggerStatus } from "../../lib/store/types.ts";
import { TRIGGER_STATUSES } from "../../lib/store/types.ts";
import { checkLimit, localTime, openDesk, openLedger, repoOption } from "../_shared.ts";

/** Deliveries that are counted for the overview. */
const COUNTED = 1_000;

const status: Command = defineCommand({
  description: "Show whether the project takes commands of Linear, and what is missing",
  details: "The environment is that of your shell here; kas serve has its own.",
  args: repoOption,
  async run(ctx) {
    await using desk = await openDesk(ctx.values.repo);
    const { home, workspace } = desk;
    const { API_KEY, secretSource, WEBHOOK_SECRET } = await import("../../lib/linear/secrets.ts");
    const access = { paths: home.paths, hostEnv: Deno.env.toObject() };
    const key = workspace.project.key;
    const config = workspace.config.linear[key] ?? null;
    const rows = await home.store.linearTriggers({
      projectId: workspace.project.id,
      limit: COUNTED,
    });
    const facts = {
      project: key,
      path: `/v1/projects/${key}/linear/webhook`,
      enabled: config?.enabled ?? false,
      secret: await secretSource(WEBHOOK_SECRET, access),
      api_key: await secretSource(API_KEY, access),
      routing: routingOf(config),
      actors: config?.actors ?? [],
      triggers: labelsOf(config),
      counts: countsOf(rows),
      last: rows[0] === undefined ? null : toJson(rows[0]),
    };
    ctx.print(facts, (it) =>
      [
        `${it.project}: ${it.enabled ? "takes deliveries" : "takes no deliveries"} at ${it.path}`,
        `secret: ${sourceText(it.secret)}`,
        `replies: ${it.api_key === null ? "none, there is no key" : sourceText(it.api_key)}`,
        `may change something: ${count(it.actors.length, "person", "nobody")}`,
        `issues: ${listed(it.routing)}`,
        `labels: ${listed(it.triggers)}`,
        `so far: ${TRIGGER_STATUSES.map((word) => `${it.counts[word]} ${word}`).join(", ")}`,
        ...missing(it.project, it).map((step) => `to do: ${step}`),
      ].join("\n"));
  },
});

function routingOf(config: LinearConfig | null) {
  const { teams = [], projects = [], labels = [] } = config ?? {};
  return { teams, projects, labels };
}

function labelsOf(config: LinearConfig | null) {
  const { createLabels = [], planLabels = [], startLabels = [] } = config ?? {};
  return { create: createLabels, plan: planLabels, start: startLabels };
}

function countsOf(rows: readonly LinearTrigger[]): Record<TriggerStatus, number> {
  const counts = { received: 0, dispatched: 0, rejected: 0, ignored: 0 };
  for (const row of rows) counts[row.status] += 1;
  return counts;
}

function sourceText(source: SecretSource | null): string {
  return source === null ? "none" : `from the ${source === "file" ? "secrets of kas" : source}`;
}

function count(many: number, word: string, none: string): string {
  return many === 0 ? none : many === 1 ? `1 ${word}` : `${many} people`;
}

function listed(table: Readonly<Record<string, readonly string[]>>): string {
  const set = Object.entries(table).filter(([, list]) => list.length > 0);
  return set.length === 0
    ? "none named"
    : set.map(([name, list]) => `${name} ${list.join(", ")}`).join("; ");
}

function missing(
  project: string,
  facts: { enabled: boolean; secret: SecretSource | null; actors: readonly string[] },
): string[] {
  const key = `linear.${/^[A-Za-z0-9_-]+$/.test(project) ? project : JSON.stringify(project)}`;
  return [
    ...(facts.enabled ? [] : [`kas config set --user ${key}.enabled true`]),
    ...(facts.secret === null ? ["kas secret set linear-webhook"] : []),
    ...(facts.actors.length === 0
      ? [`kas config set --user ${key}.actors '["<id of a user>"]'`]
      : []),
  ];
}

const deliveries: Command = defineCommand({
  description: "List what Linear had kas do in the project, newest first",
  details: "Comments that are no command are not kept.",
  args: {
    limit: { type: "number", metavar: "n", default: 50, description: "At most this many" },
    ...repoOption,
  },
  examples: [["kas linear webhook deliveries --limit 5", "The last five"]],
  async run(ctx) {
    const limit = checkLimit(ctx.values.limit);
    await using ledger = await openLedger(ctx.values.repo);
    const rows = await ledger.store.linearTriggers({ projectId: ledger.project.id, limit });
    if (ctx.json) {
      ctx.print(rows.map(toJson), () => "");
      return;
    }
    ctx.print(rows, () =>
      rows.length === 0 ? "no deliveries found" : table(rows, [
        { header: "TIME", value: (row) => localTime(row.createdAt) },
        { header: "ISSUE", value: (row) => row.issue === "" ? "-" : row.issue },
        { header: "COMMAND", value: (row) => row.command },
        { header: "STATUS", value: (row) => row.status },
        { header: "TASK", value: (row) => row.task ?? "-" },
        { header: "ACTOR", value: (row) => row.actor },
        { header: "RESULT", value: (row) => row.result.split("\n", 1)[0] ?? "" },
      ]));
  },
});

const group: Group = defineGroup({
  description: "See the webhook that Linear calls",
  commands: { status, deliveries },
});

export default group;
