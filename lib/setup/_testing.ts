import { resolvePaths } from "../config/paths.ts";
import { loadConfig } from "../config/config.ts";
import { GitRepo } from "../git/mod.ts";
import { discoverRepo } from "../git/discover.ts";
import { proposeAnswers } from "./answers.ts";
import { type Applied, applyPlan } from "./apply.ts";
import { gatherRepository } from "./gather.ts";
import { planRemoval, planSetup } from "./plan.ts";
import type { Part, RuntimeFact, SetupAnswers, SetupFacts, SetupPlan } from "./types.ts";

/** A repository in a temporary folder, with a home of its own. */
export class Repo {
  constructor(readonly root: string, readonly home: string) {}

  /** What is there, with claude and codex installed. */
  async facts(): Promise<SetupFacts> {
    const paths = resolvePaths({ HOME: this.home });
    const { config } = await loadConfig(this.root, paths);
    const place = await discoverRepo(this.root);
    return { ...await gatherRepository(place, config), runtimes: INSTALLED };
  }

  /** The plan of what is proposed, with some answers changed. */
  async plan(wishes: Partial<SetupAnswers> & { agentFlags?: string[] } = {}): Promise<SetupPlan> {
    const { agentFlags = [], ...changes } = wishes;
    const facts = await this.facts();
    const answers = await proposeAnswers(facts, { ...NO_FLAGS, agents: agentFlags });
    return await planSetup(facts, { ...answers, ...changes });
  }

  /** Does a plan. */
  async apply(plan: SetupPlan): Promise<Applied> {
    const info = await discoverRepo(this.root);
    const repo = GitRepo.open(info);
    return await applyPlan(plan, {
      commonDir: info.commonDir,
      backup: true,
      exclude: (lines) => repo.ensureExcluded(lines),
    });
  }

  async setup(wishes: Parameters<Repo["plan"]>[0] = {}): Promise<Applied> {
    return await this.apply(await this.plan(wishes));
  }

  async uninstall(): Promise<SetupPlan> {
    const plan = await planRemoval(await this.facts());
    await this.apply(plan);
    return plan;
  }

  async write(path: string, text: string): Promise<void> {
    const full = `${this.root}/${path}`;
    await Deno.mkdir(full.slice(0, full.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(full, text);
  }

  async read(path: string): Promise<string> {
    return await Deno.readTextFile(`${this.root}/${path}`);
  }

  /** Every file and link with its content, without git's own. */
  async tree(): Promise<Record<string, string>> {
    const found: Record<string, string> = {};
    await collect(this.root, "", found);
    return found;
  }
}

async function collect(root: string, below: string, found: Record<string, string>): Promise<void> {
  for await (const { name, isDirectory, isSymlink } of Deno.readDir(`${root}/${below}`)) {
    const path = `${below}${name}`;
    if (path === ".git") continue;
    if (isSymlink) found[path] = `-> ${await Deno.readLink(`${root}/${path}`)}`;
    else if (isDirectory) {
      found[`${path}/`] = "";
      await collect(root, `${path}/`, found);
    } else found[path] = await Deno.readTextFile(`${root}/${path}`);
  }
}

/** Flags that say nothing. */
export const NO_FLAGS = {
  runtimes: [],
  agents: [],
  parts: {} satisfies Partial<Record<Part, boolean>>,
  clean: false,
  force: false,
};

/** A program that is there. */
export function installed(runtime: RuntimeFact["runtime"]): RuntimeFact {
  const install = `npm install -g ${runtime}`;
  return {
    runtime,
    path: `/bin/${runtime}`,
    version: "9.9.9",
    minimum: null,
    recent: true,
    login: "yes",
    install,
  };
}

/** A program that is not. */
export function missing(runtime: RuntimeFact["runtime"]): RuntimeFact {
  return { ...installed(runtime), path: null, version: null, recent: false, login: "unknown" };
}

const INSTALLED: readonly RuntimeFact[] = [
  installed("claude"),
  installed("codex"),
  missing("opencode"),
  missing("copilot"),
  missing("gemini"),
];

/** Runs a test in a new repository with one commit, and removes it. */
export async function inRepo(test: (repo: Repo) => Promise<void>): Promise<void> {
  const dir = await Deno.realPath(await Deno.makeTempDir({ prefix: "kas-setup-" }));
  try {
    const repo = new Repo(`${dir}/repo`, `${dir}/home`);
    await Deno.mkdir(repo.root);
    await Deno.mkdir(repo.home);
    await git(repo.root, ["init", "-q", "-b", "main"]);
    await git(repo.root, ["commit", "-q", "--allow-empty", "-m", "first"]);
    await test(repo);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

async function git(cwd: string, args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("git", {
    args: ["-c", "user.name=U", "-c", "user.email=u@localhost", ...args],
    cwd,
    env: { GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" },
    stdin: "null",
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}
