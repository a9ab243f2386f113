import { type Command, defineCommand, note, writeOut } from "../lib/cli/mod.ts";
import type { Asked, Candidate, Completion } from "../lib/completion/types.ts";
import { messageOf } from "../lib/errors.ts";

/** `kas complete <shell> -- <words>…`: what the scripts of `kas completions` ask. */
const command: Command = defineCommand({
  description: "Complete a command line",
  hidden: true,
  args: {
    shell: {
      type: "positional",
      metavar: "shell",
      description: "bash, zsh, fish or powershell",
    },
    words: {
      type: "positional",
      multiple: true,
      metavar: "word",
      description: "Words after kas; the last one is being typed",
    },
  },
  async run(ctx) {
    const { answerFor, wordsOf } = await import("../lib/completion/answer.ts");
    const { SHELLS } = await import("../lib/completion/types.ts");
    const shell = SHELLS.find((name) => name === ctx.values.shell) ?? "bash";
    const words = wordsOf(shell, ctx.values.words ?? []);
    writeOut(answerFor(shell, await quietly(words), words.at(-1) ?? ""));
  },
});

/** Whatever goes wrong, a command line is no place to say so. */
async function quietly(words: readonly string[]): Promise<Completion> {
  try {
    const { complete } = await import("../lib/completion/complete.ts");
    const { root } = await import("./mod.ts");
    return await complete(root, words, lookUp, words[0] === "help" ? await topics() : []);
  } catch (error) {
    if ((Deno.env.get("KAS_DEBUG") ?? "") !== "") note(messageOf(error));
    return { candidates: [], fallback: "none" };
  }
}

async function topics(): Promise<Candidate[]> {
  const { TOPICS } = await import("../lib/topic/list.ts");
  return TOPICS.map(({ name, summary }) => ({ value: name, about: summary }));
}

/** Rows of the store and files, opened only when one of them is asked for. */
async function lookUp(asked: Asked): Promise<Candidate[]> {
  const [{ resolvePaths }, { exists, knownProject, likelyRoot }, { lookUpIn }] = await Promise.all([
    import("../lib/config/paths.ts"),
    import("./_place.ts"),
    import("../lib/completion/look_up.ts"),
  ]);
  const paths = resolvePaths();
  const root = await likelyRoot(asked.repo ?? Deno.cwd());
  if (
    ["agent", "skill", "secret", "setting"].includes(asked.kind) || !await exists(paths.database)
  ) {
    return await lookUpIn({ paths, root, store: null, project: null }, asked);
  }
  const { openStore } = await import("../lib/store/mod.ts");
  await using store = await openStore(paths.database, { readOnly: true });
  const project = await knownProject(store, root);
  return await lookUpIn({ paths, root, store, project }, asked);
}

export default command;
