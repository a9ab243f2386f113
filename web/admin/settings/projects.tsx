import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { ask, attempt } from "../app/notice.ts";
import { api, mayAdmin } from "../data/api.ts";
import { loadProjects, projects } from "../data/store.ts";
import type { Project } from "../data/types.ts";
import { BASE } from "../pure/route.ts";
import { Button, Empty, Field, Section, Skeleton } from "../ui/bits.tsx";

/** The repositories kas knows, and which of them the daemon works on. */

async function register(path: string): Promise<boolean> {
  return await attempt(async () => {
    await api.call("POST /v1/repos", { body: { path } });
    await loadProjects();
  }, "The daemon works on it from now on");
}

async function unregister(project: Project): Promise<void> {
  const sure = await ask({
    title: `Stop working on ${project.key}`,
    text:
      "The daemon leaves it alone. Nothing of it is removed: tasks, branches and worktrees stay.",
    yes: "Stop",
    danger: false,
  });
  if (sure === null) return;
  await attempt(async () => {
    await api.call("DELETE /v1/repos/:project", {
      params: { project: project.key },
    });
    await loadProjects();
  });
}

/** The tab. */
export function ProjectsTab(): JSX.Element {
  useEffect(() => void attempt(loadProjects), []);
  const list = projects.value;
  return (
    <Section title="Repositories">
      {list === null
        ? <Skeleton lines={4} />
        : list.length === 0
        ? (
          <Empty icon="branch" title="No repository yet">
            Register one below by its folder.
          </Empty>
        )
        : (
          <div class="table-scroll">
            <table class="table">
              <thead>
                <tr>
                  <th>Project</th>
                  <th>Folder</th>
                  <th>Daemon</th>
                  <th class="end">
                    <span class="sr">Actions</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {list.map((project) => <Row key={project.id} project={project} />)}
              </tbody>
            </table>
          </div>
        )}
      {mayAdmin.value && <RegisterForm />}
    </Section>
  );
}

function Row({ project }: { project: Project }): JSX.Element {
  const { key, root, registered } = project;
  return (
    <tr>
      <td>
        <a href={`${BASE}/?project=${encodeURIComponent(key)}`}>{key}</a>
      </td>
      <td>
        <code>{root}</code>
      </td>
      <td class={registered ? "" : "muted"}>
        {registered ? "works on it" : "leaves it alone"}
      </td>
      <td class="end">
        {mayAdmin.value && (registered
          ? <Button onClick={() => void unregister(project)}>Stop</Button>
          : <Button onClick={() => void register(root)}>Register</Button>)}
      </td>
    </tr>
  );
}

function RegisterForm(): JSX.Element {
  const [path, setPath] = useState("");
  const submit = async (): Promise<void> => {
    if (await register(path.trim())) setPath("");
  };
  return (
    <form
      class="inline-form"
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <Field
        label="Register a repository"
        hint="Absolute path of its folder, where kas runs"
      >
        <input
          type="text"
          value={path}
          spellcheck={false}
          placeholder="/home/you/src/project"
          onInput={(event) => setPath(event.currentTarget.value)}
        />
      </Field>
      <Button submit disabled={!path.trim().startsWith("/")}>Register</Button>
    </form>
  );
}
