/** Taking secrets out of text that leaves the machine. What looks like one is masked; rather too much. */

/** What stands where a secret was. */
export const MASK = "***";

/** Least length of a known value that is looked for; shorter ones are in every text by chance. */
const LEAST = 6;

/** Names whose values are secret. */
const NAME =
  "[\\w.-]*(?:api[_-]?key|access[_-]?key|private[_-]?key|token|secret|passw(?:or)?d|passphrase|credential|authorization|cookie)[\\w.-]*";

const PATTERNS: readonly [pattern: RegExp, by: string][] = [
  [/-----BEGIN ([A-Z ]*)PRIVATE KEY-----[\s\S]*?(?:-----END \1PRIVATE KEY-----|$)/g, MASK],
  // user:password@ in addresses
  [/\b([a-z][a-z0-9+.-]*:\/\/)[^\s\/?#@"'<>]+@/gi, `$1${MASK}@`],
  // login links
  [/(\/admin\/login#)[^\s"'<>]+/g, `$1${MASK}`],
  [/\b(Bearer|Basic|Token)\s+[\w.~+\/=-]{6,}/gi, `$1 ${MASK}`],
  [/\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g, MASK],
  // kas, model providers, forges, chats, clouds
  [
    /\b(kas_|sk-|sk_|pk_|rk_|gh[pousr]_|github_pat_|glpat-|npm_|hf_|xox[abeoprs]-|AKIA|ASIA|AIza|ya29\.)[\w.-]{8,}/g,
    `$1${MASK}`,
  ],
  // --api-key value, also as a list of words
  [new RegExp(`(--${NAME})(=|\\s+|",\\s*")(?:[^\\s"',\\]]+)`, "gi"), `$1$2${MASK}`],
  // name = value, "name": "value", ?name=value
  [
    new RegExp(
      `(\\b${NAME}["']?\\s*[:=]\\s*)("(?:[^"\\\\]|\\\\.)*"|'[^']*'|[^\\s"',;&}\\]]+)`,
      "gi",
    ),
    `$1${MASK}`,
  ],
];

/**
 * Masks what looks like a secret, and every known value wherever it stands. Pure.
 * @param known values that are secret for sure
 */
export function maskSecrets(text: string, known: Iterable<string> = []): string {
  let masked = text;
  // The longest first: one value may be a part of another.
  const values = [...new Set(known)].filter((value) => value.length >= LEAST)
    .sort((a, b) => b.length - a.length);
  for (const value of values) masked = masked.replaceAll(value, MASK);
  for (const [pattern, by] of PATTERNS) masked = masked.replace(pattern, by);
  return masked;
}

/** Values of variables that are secret by their name. */
export function secretVariables(env: Readonly<Record<string, string | undefined>>): string[] {
  const name = /KEY|TOKEN|SECRET|PASS|CREDENTIAL|AUTH|COOKIE|IDENTITY|_PAT$|DSN|DATABASE_URL/i;
  return Object.entries(env).flatMap(([key, value]) =>
    name.test(key) && !/PATH|_SOCK|_FILE$|_DIR$/i.test(key) && value !== undefined ? [value] : []
  );
}
