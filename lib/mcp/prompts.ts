import { KasError } from "../errors.ts";
import { quote } from "../names.ts";

/** Prompts a person picks in their client. Each is one message. */

interface PromptArgument {
  readonly name: string;
  readonly description: string;
  readonly required: boolean;
}

/** A prompt and its text. */
export interface Prompt {
  readonly name: string;
  readonly description: string;
  readonly arguments: PromptArgument[];
  render(args: Readonly<Record<string, string>>): string;
}

const argument = (name: string, description: string): PromptArgument => ({
  name,
  description,
  required: true,
});

/** All prompts. */
export const PROMPTS: readonly Prompt[] = [
  {
    name: "list-agents",
    description: "Show the agents that can be run here",
    arguments: [],
    render: () =>
      "Call agent_list and show me the agents that can be run here: name, what each is for, runtime.",
  },
  {
    name: "find-agent",
    description: "Find the agent that fits a task",
    arguments: [argument("task", "What is to be done")],
    render: ({ task = "" }) =>
      "Find the agent that fits the task below. Call agent_list, then agent_describe for those " +
      "that may fit. Name the best one and say why, or say that none fits. Do not run it yet.\n\n" +
      `Task:\n${task}`,
  },
  {
    name: "delegate-task",
    description: "Have an agent do a task",
    arguments: [argument("agent", "Name of the agent"), argument("task", "What is to be done")],
    render: ({ agent = "", task = "" }) =>
      `Have the agent ${quote(agent)} do the task below with agent_run. It sees nothing of our ` +
      "conversation: put in what it needs to know, such as paths, decisions and how to check the " +
      "result. Then tell me what it did, and check it where you can.\n\n" +
      `Task:\n${task}`,
  },
  {
    name: "second-opinion",
    description: "Ask an agent what it thinks of something, and compare",
    arguments: [argument("agent", "Name of the agent"), argument("topic", "What it is about")],
    render: ({ agent = "", topic = "" }) =>
      `Form your own view on the topic below first. Then ask the agent ${quote(agent)} with ` +
      "agent_run for its view, without telling it yours. Say where you agree, where you differ, " +
      "and what you conclude.\n\n" +
      `Topic:\n${topic}`,
  },
];

/**
 * A prompt with its arguments filled in.
 * @throws KasError "invalid" for an unknown prompt, and arguments that are missing or unknown
 */
export function renderPrompt(
  name: string,
  args: Readonly<Record<string, string>>,
): {
  description: string;
  messages: { role: "user"; content: { type: "text"; text: string } }[];
} {
  const prompt = PROMPTS.find((one) => one.name === name);
  if (prompt === undefined) {
    throw new KasError("invalid", `Cannot find the prompt ${quote(name)}`, {
      hint: `Prompts: ${PROMPTS.map((one) => one.name).join(", ")}`,
    });
  }
  const names = prompt.arguments.map((one) => one.name);
  const missing = names.filter((one) => (args[one] ?? "").trim() === "");
  const strange = Object.keys(args).filter((one) => !names.includes(one));
  if (missing.length > 0 || strange.length > 0) {
    const what = [
      ...missing.map((one) => `${quote(one)} is missing`),
      ...strange.map((one) => `unknown argument ${quote(one)}`),
    ];
    throw new KasError("invalid", `Cannot fill in the prompt ${quote(name)}: ${what.join("; ")}`, {
      hint: names.length === 0 ? "It takes no arguments" : `Its arguments: ${names.join(", ")}`,
    });
  }
  const text = prompt.render(args);
  return {
    description: prompt.description,
    messages: [{ role: "user", content: { type: "text", text } }],
  };
}
