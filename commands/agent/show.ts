import { type Command, defineCommand, table, tame } from "../../lib/cli/mod.ts";
import {
  agentDirectory,
  type AgentSummary,
  findAgent,
  inspectAgent,
  listAgents,
  loadAgent,
  loadProfile,
} from "../../lib/agent/library.ts";
import { ownChoice } from "../../lib/agent/context.ts";
import type { AgentProfile } from "../../lib/agent/types.ts";
import { type AgentJson, agentJson } from "./_json.ts";
import { KasError } from "../../lib/errors.ts";
import { repoOption } from "../_shared.ts";
import { agentArgument, openLibrary } from "./_library.ts";

/** `kas agent list` */
export const list: Command = defineCommand({
  description: "List agents",
  args: {
    all: { type: "boolean", description: "Also those another one of the same name wins over" },
    ...repoOption,
  },
  examples: [["kas agent list --all --json", "Everything, for scripts"]],
  async run(ctx) {
    const { places } = await openLibrary(ctx.values.repo);
    const agents = (await listAgents(places))
      .filter(({ shadowed }) => ctx.values.all === true || !shadowed);
    ctx.print(agents, (rows) =>
      table(rows, [
        { header: "NAME", value: (row) => row.name },
        {
          header: "FROM",
          value: (row) => row.shadowed ? `${row.scope} (hidden)` : row.scope,
          style: (row) => row.scope === "builtin" || row.shadowed ? "dim" : "cyan",
        },
        { header: "RUNTIME", value: (row) => row.runtime ?? "-" },
        { header: "MODEL", value: (row) => row.model ?? "-" },
        { header: "DESCRIPTION", value: described, style: (row) => row.error ? "red" : undefined },
      ]));
  },
});

function described({ error, description }: AgentSummary): string {
  return error === null ? description ?? "-" : `cannot be read: ${error.split("\n", 1)[0] ?? ""}`;
}

/** `kas agent show` */
export const show: Command = defineCommand({
  description: "Print everything about an agent",
  details:
    "Model and effort are those for its own runtime; the settings and options of a launch can " +
    "change them: see kas run --dry-run. Also says what is wrong with it. Values of variables are " +
    "not shown.",
  args: { ...agentArgument, ...repoOption },
  examples: [["kas agent show coder --json", "For scripts"]],
  async run(ctx) {
    const { places } = await openLibrary(ctx.values.repo);
    const findings = await inspectAgent(places, ctx.values.agent);
    // An agent that cannot be launched is shown as far as it can be read.
    const broken = findings.some(({ severity }) => severity === "error");
    const profile = broken ? await readable(loadProfile(places, ctx.values.agent)) : null;
    const agent = broken ? null : await loadAgent(places, ctx.values.agent);
    const found = await findAgent(places, ctx.values.agent);
    const loaded = agent?.profile ?? profile;
    ctx.print(
      agentJson(found, loaded, agent?.parts ?? null, findings),
      (data) => text(data, loaded),
    );
  },
});

async function readable<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    // The findings say it already.
    if (error instanceof KasError) return null;
    throw error;
  }
}

function text(agent: AgentJson, loaded: AgentProfile | null): string {
  const { profile, parts } = agent;
  const rows: [string, string | null | undefined][] = [
    ["name", agent.name],
    ["from", agent.directory === null ? "builtin" : `${agent.scope}, ${agent.directory}`],
    ["description", profile?.description],
    ["runtime", profile?.runtime],
    ["model", loaded === null ? null : ownChoice(loaded, "model")],
    ["effort", loaded === null ? null : ownChoice(loaded, "effort")],
    ["permission", profile?.permission],
    ["output", profile?.output_format],
    ["max turns", profile?.max_turns?.toString()],
    ["timeout", minutes(profile?.timeout_minutes ?? null)],
    ["strict", profile?.strict === true ? "yes" : null],
    ["runtimes", Object.entries(profile?.runtimes ?? {}).map(runtimeText).join(", ")],
    ["passes", profile?.pass_env.join(", ")],
    ["sets", profile?.set_env.join(", ")],
    ["secrets", entries(profile?.secrets)],
    ["soul", parts === null ? null : `${parts.soul_characters} characters`],
    ["skills", parts?.skills.join(", ")],
    ["commands", parts?.commands.map((name) => `/${name}`).join(", ")],
    ["hooks", entries(parts?.hooks)],
    ["servers", entries(parts?.mcp_servers)],
    ["bin", parts?.bin ?? null],
  ];
  const shown = rows.filter(([, value]) => value !== null && value !== undefined && value !== "");
  const lines = shown.map(([key, value]) => `${`${key}:`.padEnd(13)}${tame(value ?? "")}`);
  for (const { severity, message, fix } of agent.findings) {
    lines.push(`${severity}: ${tame(message, { multiline: true })}`);
    if (fix !== undefined) lines.push(`  ${tame(fix)}`);
  }
  return lines.join("\n");
}

/** A runtime with what the agent asks of that one alone. */
function runtimeText(
  [name, { model, effort }]: [string, { model: string | null; effort: string | null }],
): string {
  const own = [["model", model], ["effort", effort]]
    .flatMap(([key, value]) => value === null ? [] : [`${key} ${value}`]);
  return own.length === 0 ? name : `${name} (${own.join(", ")})`;
}

function minutes(count: number | null): string | null {
  return count === null ? null : `${count} minutes`;
}

function entries(table: Readonly<Record<string, string | number>> | undefined): string {
  return Object.entries(table ?? {}).map(([name, value]) => `${name} (${value})`).join(", ");
}

/** `kas agent path` */
export const path: Command = defineCommand({
  description: "Print the folder of an agent",
  args: { ...agentArgument, ...repoOption },
  examples: [["ls $(kas agent path scout)", "What is in it"]],
  async run(ctx) {
    const { places } = await openLibrary(ctx.values.repo);
    const found = await agentDirectory(places, ctx.values.agent);
    ctx.print(found, ({ path }) => path);
  },
});
