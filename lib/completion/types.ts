/** Shells there is a script for. */
export const SHELLS = ["bash", "zsh", "fish", "powershell"] as const;
/** One of {@link SHELLS}. */
export type Shell = typeof SHELLS[number];

/** What can stand for a word that is being typed. */
export interface Candidate {
  readonly value: string;
  /** A few words about it; may be empty. */
  readonly about: string;
}

/** Values that are looked up when they are asked for. */
export const DYNAMIC = [
  "task",
  "topic",
  "instance",
  "decision",
  "decision-option",
  "signal",
  "agent",
  "skill",
  "secret",
  "setting",
  "project",
] as const;
export type DynamicKind = typeof DYNAMIC[number];

/** What an argument or option takes: looked-up values, a fixed list, or something of the shell's. */
export type ValueKind =
  | { readonly kind: DynamicKind }
  | { readonly kind: "words"; readonly words: readonly string[] }
  | { readonly kind: "files" | "folders" | "none" };

/** Looks values up. */
export interface Asked {
  readonly kind: DynamicKind;
  /** The arguments before it. */
  readonly operands: readonly string[];
  /** `--repo`, where it was given. */
  readonly repo: string | undefined;
  /** What is typed of it; other values may be left out. */
  readonly typed: string;
}
export type LookUp = (asked: Asked) => Promise<readonly Candidate[]>;

/** The answer to a shell: candidates, or what the shell completes better itself. */
export interface Completion {
  readonly candidates: readonly Candidate[];
  readonly fallback: "none" | "files" | "folders";
}
