/** What a new task is made of. */
export interface NewTaskInput {
  readonly name: string;
  readonly content?: string;
  readonly description?: string;
  readonly branch?: string;
  readonly topic?: string;
}

/** A task as agents read it. */
export interface TaskView {
  readonly name: string;
  readonly status: string;
  readonly phase: string;
  /** The plan, Markdown. */
  readonly content: string;
}

/**
 * What the tools of one project do; the operations of kas stand behind it. Every method may throw a
 * KasError, which the agent gets as the tool's result.
 */
export interface McpServices {
  /** All tasks, or those of one status. */
  listTasks(status?: string): Promise<readonly unknown[]>;
  showTask(name: string): Promise<TaskView>;
  createTask(input: NewTaskInput): Promise<unknown>;
  updateContent(
    name: string,
    text: string,
  ): Promise<{ readonly version: number; readonly findings: readonly unknown[] }>;
  transition(name: string, event: string, force: boolean): Promise<unknown>;
  emitSignal(
    type: string,
    task: string,
    payload?: string,
  ): Promise<{ readonly id: number; readonly duplicate: boolean }>;
}

/** The services of a project; without a name, of the one the server was started for. */
export type ServicesFor = (project: string | undefined) => Promise<McpServices>;
