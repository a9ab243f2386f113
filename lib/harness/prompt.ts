import type { RenderRequest } from "./types.ts";

/** Longest text passed as an argument, in bytes. Linux takes 128 KiB in one argument (execve(2)). */
export const MAX_PROMPT_ARGUMENT = 64 * 1024;

/** Whether a text can be one argument: short enough and without NUL. */
export function fitsArgument(text: string): boolean {
  return !text.includes("\0") && new TextEncoder().encode(text).length <= MAX_PROMPT_ARGUMENT;
}

/**
 * The task as one argument: itself, or when it cannot be one a line that points to its file; null
 * without a task.
 */
export function promptArgument({ context, promptFile }: RenderRequest): string | null {
  const { task } = context;
  if (task === null || promptFile === null || fitsArgument(task)) return task;
  return `Read the file ${promptFile} and follow it.`;
}
