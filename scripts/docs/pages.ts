/** The pages of the site in the order a reader meets them. */

/** A page of docs/. */
export interface PageEntry {
  /** Name of the file without `.md`. */
  readonly name: string;
  /** A line for the front page. */
  readonly about: string;
}

export interface Chapter {
  readonly title: string;
  readonly pages: readonly PageEntry[];
}

const page = (name: string, about: string): PageEntry => ({ name, about });

export const CHAPTERS: readonly Chapter[] = [
  {
    title: "Start",
    pages: [
      page("getting-started", "From nothing to a merged branch in five minutes"),
      page("install", "Get kas, update it, remove it"),
      page("completions", "Complete kas in your shell"),
      page("setup", "Prepare a repository for its agents"),
      page("concepts", "Tasks, waves, roles, decisions, rescue, with pictures"),
    ],
  },
  {
    title: "Guides",
    pages: [
      page("plans", "What a plan looks like, and what is checked"),
      page("waves", "Several coders on one task, side by side"),
      page("review", "Review, fix rounds, verification, merge"),
      page("agents", "Who plays which role, on which program"),
      page("running-agents", "One agent, one task: kas run and kas chat"),
      page("skills", "Give agents skills and keep them up to date"),
      page("mcp", "The tools of kas for agents, and for your own agent programs"),
      page("admin", "Tasks, agents and decisions in the browser"),
      page("linear", "Tasks started from issues of Linear"),
      page("remote-access", "kas on another machine, with TLS and tokens"),
      page("services", "Have the system start kas"),
      page("uninstall", "Take kas away, and what stays"),
      page("troubleshooting", "From a symptom to its cause"),
    ],
  },
  {
    title: "Reference",
    pages: [
      page("cli", "Every command, option, default and example"),
      page("configuration", "Every setting with its default"),
      page("signals", "Types, payloads, aliases, sentinel files"),
      page("http-api", "Routes, tokens, events"),
      page("exit-codes", "Exit status and codes of errors"),
      page("files-and-environment", "Where everything is, and which variables count"),
    ],
  },
  {
    title: "About",
    pages: [
      page("migrating-from-kasmos", "Commands, files and settings that moved"),
      page("migrating-from-kman", "Agents, skills and commands that moved"),
      page("security", "What kas protects, and what it does not"),
      page("architecture", "How it works inside"),
      page("dependencies", "What it is built on"),
    ],
  },
];

/** Pages beside docs/ that the site has too: file in the repository to name on the site. */
export const EXTRA_PAGES: Readonly<Record<string, string>> = {
  "CONTRIBUTING.md": "contributing",
  "CHANGELOG.md": "changes",
};

/** All pages that have a place in the navigation. */
export function placedPages(): string[] {
  return CHAPTERS.flatMap(({ pages }) => pages.map(({ name }) => name));
}
