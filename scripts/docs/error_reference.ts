import { type ErrorCode, KasError } from "../../lib/errors.ts";
import { code, table } from "./markdown.ts";

/** What each code of an error is about; the compiler sees to it that none is missing. */
const MEANINGS: Readonly<Record<ErrorCode, string>> = {
  usage: "Wrong words on the command line: an unknown command or option, a missing argument",
  invalid: "A value that does not parse or is not allowed: a settings file, a plan, a payload",
  not_found: "No task, decision, instance, agent, skill or page of this name",
  exists: "There is one of this name already",
  conflict: "Somebody else changed it first, or it is not in the state that was expected",
  illegal_transition: "The event is not legal in the status the task has",
  guard: "A rule refuses: a busy topic, uncommitted changes, a person's part asked for by an agent",
  not_a_repository: "The folder is in no git repository",
  missing_program: "git, tmux or an agent CLI is missing or too old",
  runtime_unfit: "The runtime of an agent cannot take what the agent needs",
  agent_failed: "An agent ran and came to no good end",
  store_unavailable: "The database cannot be opened: locked, read-only, the disk is full",
  store_newer: "A newer kas wrote the database",
  store_corrupt: "The database is damaged; a copy was kept",
  git_failed: "git said no",
  tmux_failed: "tmux said no",
  daemon_unreachable: "The daemon does not answer",
  internal: "A bug of kas",
};

/** Codes of errors with their exit status and the status of the HTTP API. */
export function errorReference(): string {
  const codes = Object.entries(MEANINGS).map(([name, meaning]) => {
    const error = new KasError(name as ErrorCode, "");
    return [code(name), String(error.exitCode), String(error.httpStatus), meaning];
  });
  return table(["code", "exit status", "HTTP status", "meaning"], codes);
}
