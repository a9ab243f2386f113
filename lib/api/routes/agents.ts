import { createAgent } from "../../agent/create.ts";
import { AGENT_FILES, type AgentFile, openAgentFile, saveAgentFile } from "../../agent/edit.ts";
import {
  type AgentPlaces,
  agentPlaces,
  findAgent,
  inspectAgent,
  listAgents,
  loadAgent,
  loadProfile,
} from "../../agent/library.ts";
import type { AgentParts, AgentProfile } from "../../agent/types.ts";
import { KasError } from "../../errors.ts";
import { quote } from "../../names.ts";
import type { ApiContext } from "../context.ts";
import { HttpError } from "../problem.ts";
import { bind, type Bound, type Call } from "../route.ts";
import { AGENT_ROUTES } from "../schema/agents.ts";
import { changed, projectOf, requireUnbound, staleTag } from "./_shared.ts";

interface InProject {
  readonly context: ApiContext;
  readonly params: { readonly project: string };
}

async function placesOf(call: InProject): Promise<AgentPlaces> {
  return agentPlaces(call.context.paths, (await projectOf(call)).root);
}

function profileJson(profile: AgentProfile) {
  return {
    description: profile.description,
    runtime: profile.runtime,
    model: profile.model,
    effort: profile.effort,
    permission: profile.permission,
    output_format: profile.outputFormat,
    max_turns: profile.maxTurns,
    timeout_minutes: profile.timeoutMinutes,
    strict: profile.strict,
    pass_env: profile.passEnv,
    set_env: Object.keys(profile.setEnv),
    secrets: Object.keys(profile.secrets),
  };
}

function partsJson({ soul, skills, commands, hooks, mcpServers }: AgentParts) {
  const counted = Object.entries(hooks).map(([event, matchers]) =>
    [event, matchers.reduce((sum, matcher) => sum + matcher.hooks.length, 0)] as const
  );
  const servers = Object.entries(mcpServers).map(([name, { type }]) => [name, type] as const);
  return {
    soul,
    skills: Object.keys(skills),
    commands: Object.keys(commands),
    hooks: Object.fromEntries(counted),
    mcp_servers: Object.fromEntries(servers),
  };
}

/** What can be read of an agent; the findings say why the rest cannot. */
async function readable<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof KasError) return null;
    throw error;
  }
}

async function agentJson(places: AgentPlaces, name: string) {
  const { scope, path } = await findAgent(places, name);
  const findings = await inspectAgent(places, name);
  const broken = findings.some(({ severity }) => severity === "error");
  const agent = broken ? null : await loadAgent(places, name);
  const profile = agent?.profile ?? await readable(loadProfile(places, name));
  return {
    name,
    scope,
    directory: path,
    profile: profile === null ? null : profileJson(profile),
    parts: agent === null ? null : partsJson(agent.parts),
    findings,
  };
}

/** @throws KasError "not_found" */
function fileOf(word: string): AgentFile {
  const files = Object.keys(AGENT_FILES) as AgentFile[];
  const file = files.find((one) => one === word);
  if (file !== undefined) return file;
  throw new KasError("not_found", `An agent has no file ${quote(word)}`, {
    hint: `Files: ${files.join(", ")}`,
  });
}

/** Stands for this text. */
async function tagOf(text: string | null): Promise<string> {
  if (text === null) return '"none"';
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return `"${new Uint8Array(digest).toHex().slice(0, 32)}"`;
}

/** @throws HttpError "precondition_failed", "precondition_required" for a browser without If-Match */
async function checkTag(call: Call, text: string | null): Promise<void> {
  const given = call.request.headers.get("if-match");
  if (given === null && call.caller.browser) {
    throw new HttpError("precondition_required", "Cannot replace a text without If-Match", {
      hint: "Send the ETag you read, or *",
    });
  }
  if (given === null || given.trim() === "*") return;
  const now = await tagOf(text);
  if (!given.split(",").some((one) => one.trim() === now)) throw staleTag(now);
}

/** The files of an agent of the user are not for who is bound to a project. */
async function checkOwner(
  call: Pick<Call, "caller">,
  places: AgentPlaces,
  name: string,
): Promise<void> {
  const { scope } = await findAgent(places, name);
  if (scope !== "project") requireUnbound(call, "open an agent of the user");
}

/** Agents: list, show, make, edit. */
export const agentRoutes: readonly Bound[] = bind(AGENT_ROUTES, {
  "GET /v1/projects/:project/agents": async (call) => ({
    items: await listAgents(await placesOf(call)),
  }),
  "POST /v1/projects/:project/agents": async (call) => {
    const places = await placesOf(call);
    const { body, context, caller } = call;
    if (body.scope === "global") requireUnbound(call, "make an agent of the user");
    const directory = await createAgent(places, { ...body, outputFormat: null, maxTurns: null });
    await context.store.commit([{
      kind: "event",
      event: {
        projectId: (await projectOf(call)).id,
        kind: "agent_made",
        actor: caller.actor,
        message: `agent ${body.name} made`,
        detail: { agent: body.name, directory },
      },
    }]);
    changed(call);
    return await agentJson(places, body.name);
  },
  "GET /v1/projects/:project/agents/:agent": async (call) =>
    await agentJson(await placesOf(call), call.params.agent),
  "GET /v1/projects/:project/agents/:agent/files/:file": async (call) => {
    const { agent, file } = call.params;
    const places = await placesOf(call);
    await checkOwner(call, places, agent);
    const { path, text } = await openAgentFile(places, agent, fileOf(file));
    call.headers.etag = await tagOf(text);
    return { path, text };
  },
  "PUT /v1/projects/:project/agents/:agent/files/:file": async (call) => {
    const { params: { agent, file }, body, context, caller } = call;
    const places = await placesOf(call);
    const kind = fileOf(file);
    await checkOwner(call, places, agent);
    const before = await openAgentFile(places, agent, kind);
    await checkTag(call, before.text);
    const saved = await saveAgentFile(places, agent, kind, body.text, before.text);
    await context.store.commit([{
      kind: "event",
      event: {
        projectId: (await projectOf(call)).id,
        kind: "agent_edited",
        actor: caller.actor,
        message: `agent ${agent}: ${file} changed`,
        detail: { agent, file, changed: saved.changed },
      },
    }]);
    changed(call);
    const { text } = await openAgentFile(places, agent, kind);
    call.headers.etag = await tagOf(text);
    return { ...saved, findings: await inspectAgent(places, agent) };
  },
});
