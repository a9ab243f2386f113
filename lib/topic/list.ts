/** A page of `kas help`. */
export interface Topic {
  readonly name: string;
  readonly summary: string;
}

/** All pages, in the order of the list. Their texts are in texts.ts, which is loaded to show one. */
export const TOPICS: readonly Topic[] = [
  { name: "getting-started", summary: "One task from a sentence to the merge" },
  { name: "plans", summary: "What a plan looks like, and what is checked" },
  { name: "waves", summary: "How several coders build one task side by side" },
  { name: "review", summary: "Review, fix rounds, verification and the merge" },
  { name: "agents", summary: "Who plays which role, on which program" },
  { name: "skills", summary: "Give agents skills, and keep them up to date" },
  { name: "mcp", summary: "Use kas from your own agent programs" },
  { name: "remote", summary: "The HTTP API, tokens, and kas on another machine" },
  { name: "services", summary: "Have the system run kas" },
  { name: "troubleshooting", summary: "Where to look when something does not go on" },
  { name: "exit-codes", summary: "What the exit status says" },
  { name: "environment", summary: "Places of kas and variables it reads" },
];
