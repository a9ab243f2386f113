import type { Runtime } from "../agent/types.ts";
import type { ClientName } from "../mcp/install/clients.ts";
import type { Role } from "../store/types.ts";

/**
 * Setting a repository up: facts are gathered once, answers are given by a person or by flags, and
 * {@link SetupPlan} follows from both without touching anything.
 */

/** What can be written, and left out. */
export const PARTS = ["skills", "mcp", "instructions", "subagents", "tools"] as const;
/** One of {@link PARTS}; `tools` is the hook that bans some shell tools. */
export type Part = typeof PARTS[number];

/** An agent program as it was found. */
export interface RuntimeFact {
  readonly runtime: ClientName;
  /** Null when it is not on the PATH. */
  readonly path: string | null;
  /** Null when it is not installed or does not say. */
  readonly version: string | null;
  /** Oldest version kas was tested with; null when any will do. */
  readonly minimum: string | null;
  /** False for an older one. */
  readonly recent: boolean;
  /** Whether credentials lie where it looks; `unknown` where that cannot be seen. */
  readonly login: "yes" | "no" | "unknown";
  /** How to install it. */
  readonly install: string;
}

/** What is at a path of the repository. */
export type FileFact =
  | { readonly kind: "none" }
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "link"; readonly target: string }
  /** Something kas does not write to, and why. */
  | { readonly kind: "other"; readonly why: string };

/** Who does the work of a role. */
export interface AgentChoice {
  /** A command line; the name of a runtime, mostly. */
  readonly program: string;
  readonly model: string | null;
}

/** Programs and models of roles; a role that is not there takes `fallback`. */
export interface AgentChoices {
  readonly fallback: string;
  readonly roles: Readonly<Partial<Record<Role, AgentChoice>>>;
}

/** What a person wants. */
export interface SetupAnswers {
  readonly runtimes: readonly Runtime[];
  readonly agents: AgentChoices;
  readonly parts: readonly Part[];
  /** Writes settings anew from the template instead of changing keys. */
  readonly clean: boolean;
  /** Replaces what was edited by hand or is somebody else's. */
  readonly force: boolean;
}

/** One thing that was written, as the manifest remembers it. */
export interface Entry {
  /** Below the repository. */
  readonly path: string;
  /** Which part of the file: `file`, `link`, `section`, or a key. */
  readonly id: string;
  /** Hash of what was written. */
  readonly hash: string;
  /** What {@link Piece.erase} needs to leave no trace. */
  readonly extra: number;
  /** Whether the file was not there before. */
  readonly created: boolean;
}

/** A change of a text, as what takes it back. */
export interface Edit {
  /** Where, in characters. */
  readonly at: number;
  /** How many characters to take out. */
  readonly cut: number;
  /** What to put in. */
  readonly put: string;
}

/** How to restore a file that was there before, as long as it is what setup left. */
export interface Undo {
  readonly path: string;
  /** Hash of the file before the first change. */
  readonly was: string;
  /** Hash of what was left. */
  readonly left: string;
  /** In the order in which they were made. */
  readonly edits: readonly Edit[];
}

/** `.kasmos/setup.json` */
export interface Manifest {
  readonly runtimes: readonly Runtime[];
  readonly parts: readonly Part[];
  readonly entries: readonly Entry[];
  readonly undo: readonly Undo[];
  /** Folders that were made, parents first. */
  readonly folders: readonly string[];
  /** Lines that were added to `.git/info/exclude`. */
  readonly excluded: readonly string[];
}

/** Everything a plan is made from. */
export interface SetupFacts {
  readonly root: string;
  readonly runtimes: readonly RuntimeFact[];
  readonly files: ReadonlyMap<string, FileFact>;
  /** Folders that exist, of those files would be in. */
  readonly folders: ReadonlySet<string>;
  /** Lines of `.git/info/exclude`. */
  readonly excluded: readonly string[];
  readonly manifest: Manifest | null;
  /** Who does what now, by all settings. */
  readonly agents: AgentChoices | null;
}

/** What becomes of a file. `keep`: nothing to do, or edited; `conflict`: somebody else's. */
export type ChangeKind = "create" | "update" | "remove" | "keep" | "conflict";

/** One file of a plan. */
export interface FileChange {
  /** Below the repository. */
  readonly path: string;
  readonly kind: ChangeKind;
  /** Text or target of a link as it is; null = nothing is there. */
  readonly before: string | null;
  /** As it would be; null = removed. Equal to `before` for `keep` and `conflict`. */
  readonly after: string | null;
  readonly isLink: boolean;
  /** What it is for, and why something is kept. */
  readonly why: readonly string[];
}

/** What would be done. */
export interface SetupPlan {
  readonly root: string;
  readonly changes: readonly FileChange[];
  /** As it is to be written afterwards; null = removed. */
  readonly manifest: Manifest | null;
  /** Lines to add to `.git/info/exclude`, or to take out. */
  readonly exclude: { readonly add: readonly string[]; readonly remove: readonly string[] };
  /** Folders to remove when they are empty, the innermost first. */
  readonly emptied: readonly string[];
}

/** How the parts of files are read and written. Pure. */
export interface Piece {
  readonly path: string;
  readonly id: string;
  /** For people: "MCP server for claude". */
  readonly what: string;
  /** What is to be there, in the form `read` returns. */
  readonly wanted: string;
  /** Other forms kas itself writes, which may be brought up to date; as `wanted`. */
  readonly former?: readonly string[];
  /** What would be added, for people. */
  readonly snippet: string;
  /** True when the file is nothing but this piece. */
  readonly whole: boolean;
  readonly isLink: boolean;
  /** What is there; null = nothing. @throws BrokenFile */
  read(text: string): string | null;
  /** The text with the piece in it; null when that cannot be done without touching the rest. */
  write(text: string | null): Promise<Written | null>;
  /** The text without it; null when that cannot be done. */
  erase(text: string, extra: number): Promise<string | null>;
}

/** The outcome of {@link Piece.write}. */
export interface Written {
  readonly text: string;
  readonly extra: number;
}

/** A file that is not what its name says. */
export class BrokenFile extends Error {
  constructor(message: string, readonly line: number, readonly column: number) {
    super(message);
  }
}
