import type { ComponentChildren, JSX } from "preact";
import { useState } from "preact/hooks";
import { api, mayAdmin } from "../data/api.ts";
import type { Agent, AgentFinding } from "../data/types.ts";
import { useLoaded } from "../data/use.ts";
import { pathOf, type Route } from "../pure/route.ts";
import { Empty, Section, Skeleton, Unread } from "../ui/bits.tsx";
import { FileEditor } from "../ui/file_editor.tsx";
import { Icon } from "../ui/icons.tsx";
import { Markdown } from "../ui/markdown.tsx";

/** One agent: its soul, its profile, what it brings, and what is wrong with it. */

const FILES = [
  ["soul", "Soul"],
  ["profile", "Profile"],
  ["mcp", "MCP servers"],
  ["hooks", "Hooks"],
] as const;
type File = typeof FILES[number][0];

/** The screen. */
export default function AgentScreen(
  { place }: { place: Route & { screen: "agent" } },
): JSX.Element {
  const { project, name } = place;
  const { value, error, reload } = useLoaded(
    (signal) =>
      api.call("GET /v1/projects/:project/agents/:agent", {
        params: { project, agent: name },
        signal,
      }),
    `agent/${project}/${name}`,
  );
  if (value === null) {
    return (
      <div class="page">
        {error === null ? <Skeleton lines={8} /> : (
          <Unread
            name={name}
            error={error}
            retry={reload}
            list={{ text: "See all agents", href: pathOf({ screen: "agents" }) }}
          />
        )}
      </div>
    );
  }
  const editable = value.scope !== "builtin" && mayAdmin.value;
  return (
    <div class="page">
      <header class="task-head">
        <p class="crumbs">
          <a href={pathOf({ screen: "agents" })}>Agents</a>
          <Icon name="chevron" />
          <span>{project}</span>
        </p>
        <div class="title">
          <h1>{value.name}</h1>
        </div>
        {value.profile?.description && <p class="lead">{value.profile.description}</p>}
      </header>
      <div class="overview">
        <div class="main-column">
          <Findings findings={value.findings} />
          {editable
            ? <Files project={project} name={name} onSaved={reload} />
            : <Soul agent={value} />}
        </div>
        <aside class="facts" aria-label="Facts">
          <Profile agent={value} />
        </aside>
      </div>
    </div>
  );
}

function Findings(
  { findings }: { findings: readonly AgentFinding[] },
): JSX.Element | null {
  if (findings.length === 0) return null;
  return (
    <ul class="findings" aria-label="What is wrong">
      {findings.map((finding) => (
        <li key={finding.id} class={finding.severity}>
          <Icon name={finding.severity === "info" ? "decisions" : "warning"} />
          <span>
            {finding.message}
            {finding.detail !== undefined && <span class="muted">{finding.detail}</span>}
            {finding.fix !== undefined && <span class="muted">{finding.fix}</span>}
          </span>
        </li>
      ))}
    </ul>
  );
}

function Soul({ agent }: { agent: Agent }): JSX.Element {
  const soul = agent.parts?.soul ?? "";
  return (
    <Section title="Soul">
      {soul.trim() === ""
        ? (
          <Empty icon="agents" title="It has no soul">
            Its role alone tells it what to do.
          </Empty>
        )
        : <Markdown text={soul} />}
      {agent.scope === "builtin" && (
        <p class="muted block">
          A built-in agent is part of kas. Make one of the same name to have yours instead.
        </p>
      )}
    </Section>
  );
}

function Files({ project, name, onSaved }: {
  project: string;
  name: string;
  onSaved: () => void;
}): JSX.Element {
  const [file, setFile] = useState<File>("soul");
  return (
    <Section
      title="Files"
      aside={
        <div class="segments" role="group" aria-label="File">
          {FILES.map(([id, text]) => (
            <button
              key={id}
              type="button"
              aria-pressed={file === id}
              onClick={() => setFile(id)}
            >
              {text}
            </button>
          ))}
        </div>
      }
    >
      <FileEditor
        key={`${project}/${name}/${file}`}
        project={project}
        agent={name}
        file={file}
        onSaved={onSaved}
      />
    </Section>
  );
}

function Fact(
  { name, children }: { name: string; children: ComponentChildren },
): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Names(
  { name, values }: { name: string; values: readonly string[] },
): JSX.Element | null {
  return values.length === 0 ? null : <Fact name={name}>{values.join(", ")}</Fact>;
}

function Profile({ agent }: { agent: Agent }): JSX.Element {
  const { profile, parts } = agent;
  return (
    <Section title="Profile">
      <dl>
        <Fact name="Whose">
          {agent.scope === "builtin"
            ? "built in"
            : agent.scope === "global"
            ? "yours"
            : "this project"}
        </Fact>
        {profile !== null && (
          <>
            <Fact name="Runtime">{profile.runtime ?? "the default"}</Fact>
            {profile.model !== null && <Fact name="Model">{profile.model}</Fact>}
            {profile.effort !== null && <Fact name="Effort">{profile.effort}</Fact>}
            <Fact name="Permission">{profile.permission ?? "as its role"}</Fact>
            {profile.timeout_minutes !== null && (
              <Fact name="Time limit">{profile.timeout_minutes} min</Fact>
            )}
            {profile.max_turns !== null && <Fact name="Turns">{profile.max_turns}</Fact>}
            <Names name="Passes on" values={profile.pass_env} />
            <Names name="Sets" values={profile.set_env} />
            <Names name="Secrets" values={profile.secrets} />
          </>
        )}
        {parts !== null && (
          <>
            <Names name="Skills" values={parts.skills} />
            <Names name="Commands" values={parts.commands} />
            <Names
              name="MCP servers"
              values={Object.entries(parts.mcp_servers).map(([key, kind]) => `${key} (${kind})`)}
            />
            <Names
              name="Hooks"
              values={Object.entries(parts.hooks).map(([key, many]) => `${key} ${many}`)}
            />
          </>
        )}
        {agent.directory !== null && (
          <Fact name="Folder">
            <code class="path">{agent.directory}</code>
          </Fact>
        )}
      </dl>
    </Section>
  );
}
