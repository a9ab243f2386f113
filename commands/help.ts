import { type Command, defineCommand, pad, terminalWidth } from "../lib/cli/mod.ts";
import { KasError } from "../lib/errors.ts";
import { quote } from "../lib/names.ts";
import { TOPICS } from "../lib/topic/list.ts";

/** `kas help`, `kas help <command>`, `kas help <topic>` */
const command: Command = defineCommand({
  description: "Show the help of a command or topic",
  details: "A word that is both, such as skills, shows the topic behind the help of the command.",
  args: {
    words: {
      type: "positional",
      multiple: true,
      metavar: "command|topic",
      description: "A command, or a topic of the list that kas help prints",
    },
  },
  examples: [
    ["kas help", "All commands and topics"],
    ["kas help getting-started", "One task from a sentence to the merge"],
    ["kas help task start", "The same as kas task start --help"],
  ],
  async run(ctx) {
    const words = ctx.values.words ?? [];
    if (words.length === 0) {
      const status = await helpOf([]);
      ctx.print({ topics: TOPICS }, topicList);
      return status;
    }
    const topic = words.length === 1 ? TOPICS.find(({ name }) => name === words[0]) : undefined;
    const named = await isCommand(words[0]);
    if (topic === undefined && !named) throw await unknown(words[0] ?? "");
    // With --json the text of a topic is data; the help of a command is text in any case.
    const status = named && !(ctx.json && topic !== undefined) ? await helpOf(words) : 0;
    if (topic === undefined) return status;
    const { renderPage } = await import("../lib/topic/render.ts");
    const data = { ...topic, text: await page(topic.name) };
    ctx.print(data, ({ text }) => {
      const shown = renderPage(text, ctx.style, terminalWidth() ?? undefined);
      return named ? `\n${shown}` : shown;
    });
    return status;
  },
});

/** @returns the exit status */
async function helpOf(words: readonly string[]): Promise<number> {
  const { main } = await import("./mod.ts");
  return await main([...words, "--help"]);
}

function topicList(): string {
  const most = Math.max(...TOPICS.map(({ name }) => name.length));
  const rows = TOPICS.map(({ name, summary }) => `  ${pad(name, most)}  ${summary}`);
  return ["", "Topics:", ...rows, "", "Run kas help <topic> to read one."].join("\n");
}

async function page(name: string): Promise<string> {
  const { PAGES } = await import("../lib/topic/texts.ts");
  return PAGES[name] ?? "";
}

async function isCommand(word: string | undefined): Promise<boolean> {
  if (word === undefined) return false;
  const { root } = await import("./mod.ts");
  return [...root.commands].some(([name, entry]) =>
    name === word || ("aliases" in entry && entry.aliases?.includes(word) === true)
  );
}

async function unknown(word: string): Promise<KasError> {
  const { root } = await import("./mod.ts");
  const { nearest } = await import("../lib/suggest.ts");
  const commands = [...root.commands].filter(([, entry]) => entry.hidden !== true);
  const known = [...commands.map(([name]) => name), ...TOPICS.map(({ name }) => name)];
  const near = nearest(word, known);
  return new KasError("usage", `Unknown command or topic ${quote(word)}`, {
    hint: near === null ? "See kas help" : `Did you mean kas help ${near}?`,
  });
}

export default command;
