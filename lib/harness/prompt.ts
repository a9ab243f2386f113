import type { LaunchRequest } from "./types.ts";

/** Longest prompt passed as an argument, in bytes. Linux takes 128 KiB in one argument (execve(2)). */
export const MAX_PROMPT_ARGUMENT = 64 * 1024;

/** The prompt as one argument: itself, or when it is too long a line that points to its file. */
export function promptArgument(request: Pick<LaunchRequest, "prompt" | "promptFile">): string {
  const { prompt, promptFile } = request;
  // an argument cannot hold NUL
  const fits = !prompt.includes("\0") &&
    new TextEncoder().encode(prompt).length <= MAX_PROMPT_ARGUMENT;
  return fits ? prompt : `Read the file ${promptFile} and follow it.`;
}
