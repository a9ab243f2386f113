import { KasError } from "./errors.ts";

/**
 * Refuses a system kas cannot work on. Agents live in tmux, and kas speaks to itself through unix
 * sockets; Windows has neither in a form that would do.
 * @throws KasError "missing_program" on Windows
 */
export function requireUnix(os: string = Deno.build.os): void {
  if (os !== "windows") return;
  throw new KasError("missing_program", "Cannot work on Windows itself: kas needs tmux", {
    hint: 'Install the Windows Subsystem for Linux with "wsl --install", and kas for Linux in it',
  });
}
