import type { JSX } from "preact";
import { api } from "../data/api.ts";
import { useLoaded } from "../data/use.ts";
import { Section } from "../ui/bits.tsx";
import { Code } from "../ui/markdown.tsx";

/** What the architect wrote down about its plan; nothing before it has. */
export function Architect(
  { project, task }: { project: string; task: string },
): JSX.Element | null {
  const { value } = useLoaded(
    (signal) =>
      api.call("GET /v1/projects/:project/tasks/:task/architect-decisions", {
        params: { project, task },
        signal,
      }),
    `${project}/${task}/architect`,
    (event) =>
      event.project === project && event.task === task &&
      /wave|phase/.test(event.kind),
  );
  const metadata = value?.metadata ?? null;
  if (metadata === null) return null;
  const { decision_audit: audit, ...rest } = metadata;
  return (
    <Section title="Architect's decisions">
      {Array.isArray(audit) && (
        <ul class="plain-list">
          {audit.map((entry, index) => (
            <li key={index}>
              {typeof entry === "string" ? entry : JSON.stringify(entry)}
            </li>
          ))}
        </ul>
      )}
      <details>
        <summary>All that it wrote</summary>
        <Code text={JSON.stringify(rest, null, 2)} language="json" />
      </details>
    </Section>
  );
}
