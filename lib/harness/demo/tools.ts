/** The demo agent's hands: files, git, and the `kas` on its PATH, like any agent's shell tool. */

/** Runs a program in the agent's worktree. @throws Error with what it printed when it fails */
export async function run(program: string, ...args: string[]): Promise<string> {
  const { success, text } = await attempt(program, ...args);
  if (!success) throw new Error(`${program} ${args.join(" ")} failed: ${text.trim()}`);
  return text;
}

/** Runs a program that may fail. */
export async function attempt(
  program: string,
  ...args: string[]
): Promise<{ success: boolean; text: string }> {
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const decoder = new TextDecoder();
  return { success, text: decoder.decode(stdout) + (success ? "" : decoder.decode(stderr)) };
}

/** Runs a program with text on its stdin. @throws Error when it fails */
export async function pipe(text: string, program: string, ...args: string[]): Promise<string> {
  const child = new Deno.Command(program, {
    args,
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const [{ success, stdout }] = await Promise.all([
    child.output(),
    new Response(text).body?.pipeTo(child.stdin),
  ]);
  if (!success) throw new Error(`${program} ${args.join(" ")} failed`);
  return new TextDecoder().decode(stdout);
}

/** Says something on the screen. */
export function say(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

/** Writes a file of the worktree; scripts become executable. */
export async function write(path: string, text: string): Promise<void> {
  const folder = path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : ".";
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(path, text);
  if (text.startsWith("#!")) await Deno.chmod(path, 0o755);
}

/** Commits the named files; nothing to commit is fine, an earlier agent may have done it. */
export async function commit(message: string, ...paths: string[]): Promise<void> {
  await run("git", "add", "--", ...paths);
  if ((await attempt("git", "diff", "--cached", "--quiet")).success) return;
  await run("git", "commit", "-q", "-m", message);
}

/** Has git know whose commits these are, on a machine where nobody has told it yet. */
export async function introduce(): Promise<void> {
  if ((await attempt("git", "var", "GIT_AUTHOR_IDENT")).success) return;
  for (const role of ["AUTHOR", "COMMITTER"]) {
    Deno.env.set(`GIT_${role}_NAME`, "kas demo");
    Deno.env.set(`GIT_${role}_EMAIL`, "demo@localhost");
  }
}

/** Reports; the last thing an agent does. */
export async function report(type: string, task: string, payload?: string): Promise<void> {
  say(`report: ${type}`);
  const extra = payload === undefined ? [] : ["--payload", payload];
  await run("kas", "signal", "emit", type, task, ...extra);
}
