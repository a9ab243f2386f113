import type { ComponentChildren, JSX } from "preact";
import type { Overview } from "../data/types.ts";
import { DecisionCard } from "../ui/decision_card.tsx";
import { Ago, Path, Section } from "../ui/bits.tsx";
import { Architect } from "./architect.tsx";
import { Rescues } from "./rescues.tsx";
import { TaskSessions } from "./sessions.tsx";
import { TimelineBar } from "./timeline.tsx";
import { Waves } from "./waves.tsx";

/** Where a task stands: what waits for a person, how it went, what runs, what it consists of. */

interface Props {
  readonly project: string;
  readonly overview: Overview;
  readonly reload: () => void;
}

/** The tab. */
export function OverviewTab({ project, overview, reload }: Props): JSX.Element {
  const { task, decisions, subtasks } = overview;
  return (
    <div class="overview">
      <div class="main-column">
        {decisions.map((decision) => (
          <DecisionCard
            key={decision.id}
            project={project}
            decision={decision}
            named={false}
            onAnswered={reload}
          />
        ))}
        <TimelineBar project={project} task={task} />
        <Waves task={task} subtasks={subtasks} project={project} />
        <TaskSessions
          project={project}
          task={task.name}
          live={overview.instances}
        />
        <Architect project={project} task={task.name} />
        <Rescues project={project} task={task.name} />
      </div>
      <aside class="facts" aria-label="Facts">
        <Facts project={project} overview={overview} />
      </aside>
    </div>
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

function Facts(
  { project, overview }: { project: string; overview: Overview },
): JSX.Element {
  const { task, worktrees, signals } = overview;
  return (
    <Section title="Facts">
      <dl>
        <Fact name="Project">{project}</Fact>
        <Fact name="Branch">
          <code>{task.branch}</code>
        </Fact>
        <Fact name="Base">
          <code>{task.base_branch}</code>
          {task.base_commit !== null && (
            <span class="muted mono">{task.base_commit.slice(0, 8)}</span>
          )}
        </Fact>
        {task.goal !== "" && task.goal !== task.description && <Fact name="Goal">{task.goal}</Fact>}
        <Fact name="Fix rounds">{task.review_cycle}</Fact>
        {task.verified_sha !== null && (
          <Fact name="Verified">
            <code>{task.verified_sha.slice(0, 8)}</code>
            {task.stale_reason !== null && <span class="muted">stale</span>}
          </Fact>
        )}
        {task.merged_sha !== null && (
          <Fact name="Merged">
            <code>{task.merged_sha.slice(0, 8)}</code>
          </Fact>
        )}
        <Fact name="Changed">
          <Ago at={task.updated_at} />
        </Fact>
        <Fact name="Created">
          <Ago at={task.created_at} />
        </Fact>
        {signals.length > 0 && <Fact name="Signals waiting">{signals.length}</Fact>}
        {worktrees.map((worktree) => (
          <Fact key={worktree.id} name={`Worktree ${worktree.slot}`}>
            <Path text={worktree.path} />
          </Fact>
        ))}
      </dl>
    </Section>
  );
}
