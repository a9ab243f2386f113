import type { JSX } from "preact";
import { ask, say } from "../app/notice.ts";
import { api, mayOperate } from "../data/api.ts";
import type { Rescue } from "../data/types.ts";
import { useLoaded } from "../data/use.ts";
import { Ago, Button, Section } from "../ui/bits.tsx";

/** Work of a task that was saved before something was removed; nothing when there is none. */
export function Rescues(
  { project, task }: { project: string; task: string },
): JSX.Element | null {
  const { value } = useLoaded(
    (signal) =>
      api.call("GET /v1/projects/:project/rescue", {
        params: { project },
        query: { task },
        signal,
      }),
    `${project}/${task}/rescue`,
    (event) =>
      event.project === project && event.task === task &&
      /removed|restored|started_over|rescue/.test(event.kind),
  );
  const items = value?.items ?? [];
  if (items.length === 0) return null;
  const restore = async (rescue: Rescue): Promise<void> => {
    await ask({
      title: "Restore rescued work",
      text: `A branch is made at ${rescue.commit.slice(0, 10)}: ${rescue.subject}`,
      yes: "Make branch",
      danger: false,
      input: "Name of the branch",
      required: true,
    }, async (branch) => {
      await api.call("POST /v1/projects/:project/rescue/restore", {
        params: { project },
        body: { ref: rescue.ref, branch: branch.trim() },
      });
      say(`Branch ${branch.trim()} is made`);
    });
  };
  return (
    <Section
      title="Rescued work"
      aside={<span class="muted num">{items.length}</span>}
    >
      <ul class="rescues">
        {items.map((rescue) => (
          <li key={rescue.ref}>
            <span class="what">
              <span>{rescue.subject}</span>
              <code class="muted">{rescue.ref}</code>
            </span>
            <span class="muted">{rescue.reason.replaceAll("_", " ")}</span>
            <span class="age">
              <Ago at={rescue.at} />
            </span>
            {mayOperate.value && <Button onClick={() => void restore(rescue)}>Restore</Button>}
          </li>
        ))}
      </ul>
    </Section>
  );
}
