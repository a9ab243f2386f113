import { tomlArray, tomlString, tomlTable } from "./toml.ts";

/** Events of codex's hooks. https://developers.openai.com/codex/hooks */
export const CODEX_EVENTS: readonly string[] = [
  "PreModelRequest",
  "PostModelRequest",
  "PreToolUse",
  "PermissionRequest",
  "PostToolUse",
  "PreCompact",
  "PostCompact",
  "SessionStart",
  "SessionEnd",
  "UserPromptSubmit",
  "SubagentStart",
  "SubagentStop",
  "Stop",
  "Interrupt",
];

/** Of these codex drops the matcher, before it computes what is trusted, too. */
const WITHOUT_MATCHER: readonly string[] = ["UserPromptSubmit", "Stop", "Interrupt"];
/** In seconds: what codex takes when nothing is said, and the most it takes. */
const TIMEOUT = { usual: 600, most: Infinity };
const BRIEF = { usual: 1, most: 3 };

/** What codex calls settings of the command line, as part of a hook's key. */
const SOURCE = "/<session-flags>/config.toml";

/** Hooks by event; what an agent brings, and settings that only codex has. */
export type CodexHooks = Readonly<
  Record<string, readonly { readonly matcher?: string; readonly hooks: readonly CodexHook[] }[]>
>;

interface CodexHook {
  readonly type: "command";
  readonly command: string;
  readonly timeout?: number;
  /** Tokens of its output that are put before the model; 0 = all. */
  readonly additionalContextLimit?: number;
}

/** A hook as codex looks at it to tell whether it is the trusted one. */
interface Identity {
  readonly event_name: string;
  readonly matcher?: string;
  readonly hooks: readonly {
    readonly additionalContextLimit?: number;
    readonly async: false;
    readonly command: string;
    readonly timeout: number;
    readonly type: "command";
  }[];
}

/**
 * Hooks as overrides of codex's settings. Each is trusted by its hash, so that codex need not be
 * told to trust all hooks: those of a repository stay subject to the user's review.
 */
export async function hookOverrides(
  table: CodexHooks,
): Promise<(readonly [key: string, value: string])[]> {
  const overrides: (readonly [string, string])[] = [];
  const trusted: Record<string, string> = {};
  for (const [event, matchers] of Object.entries(table)) {
    const name = event.replaceAll(/(?<!^)[A-Z]/g, (letter) => `_${letter}`).toLowerCase();
    const groups: string[] = [];
    for (const [index, { matcher, hooks }] of matchers.entries()) {
      const commands: string[] = [];
      const own = matcher === undefined || WITHOUT_MATCHER.includes(event) ? {} : { matcher };
      for (const [at, { command, timeout, additionalContextLimit: limit }] of hooks.entries()) {
        const handler = {
          ...limit === undefined ? {} : { additionalContextLimit: limit },
          async: false,
          command: command.replaceAll("${CLAUDE_PLUGIN_ROOT}", "${KAS_AGENT_DIR}"),
          timeout: seconds(event, timeout),
          type: "command",
        } as const;
        commands.push(tomlTable({
          type: tomlString(handler.type),
          command: tomlString(handler.command),
          timeout: String(handler.timeout),
          ...limit === undefined ? {} : { additionalContextLimit: String(limit) },
        }));
        const hash = await hashOf({ event_name: name, hooks: [handler], ...own });
        trusted[`${SOURCE}:${name}:${index}:${at}`] = tomlTable({ trusted_hash: tomlString(hash) });
      }
      groups.push(tomlTable({
        ...own.matcher === undefined ? {} : { matcher: tomlString(own.matcher) },
        hooks: tomlArray(commands),
      }));
    }
    overrides.push([`hooks.${event}`, tomlArray(groups)]);
  }
  return overrides.length === 0 ? [] : [...overrides, ["hooks.state", tomlTable(trusted)]];
}

function seconds(event: string, timeout: number | undefined): number {
  const { usual, most } = ["SessionEnd", "Interrupt"].includes(event) ? BRIEF : TIMEOUT;
  return Math.min(most, Math.max(1, Math.ceil(timeout ?? usual)));
}

/** SHA-256 of the identity as JSON with its keys in order and no blanks. */
async function hashOf(identity: Identity): Promise<string> {
  const { event_name, hooks, matcher } = identity;
  const text = JSON.stringify({
    event_name,
    hooks,
    ...matcher === undefined ? {} : { matcher },
  });
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return `sha256:${new Uint8Array(digest).toHex()}`;
}
