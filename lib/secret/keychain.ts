import { KasError } from "../errors.ts";
import { MAX_SECRET, type SecretAccess } from "./places.ts";

/**
 * The keychain of the system, through the program the system has for it: `secret-tool` of libsecret,
 * or `security` of macOS. A value goes in on stdin and comes out on stdout, never as an argument.
 * @see secret-tool(1), security(1)
 */

/** An entry of the keychain. */
export interface KeychainEntry {
  readonly service: string;
  readonly account: string;
}

/** Long enough for a person to type the password of a locked keychain. */
const PATIENCE_MS = 120_000;

/** Variables by which the programs find the keychain and its prompt. */
const ENV_NAMES: readonly string[] = [
  "PATH",
  "HOME",
  "USER",
  "LANG",
  "DISPLAY",
  "WAYLAND_DISPLAY",
  "XAUTHORITY",
  "DBUS_SESSION_BUS_ADDRESS",
  "XDG_RUNTIME_DIR",
  "XDG_DATA_HOME",
];

type System = "darwin" | "other";

function system(): System {
  return Deno.build.os === "darwin" ? "darwin" : "other";
}

/**
 * The value of an entry without its last line break; null when there is none.
 * @throws KasError "missing_program", "guard" when the keychain does not open
 */
export async function readKeychain(
  entry: KeychainEntry,
  access: SecretAccess,
  on: System = system(),
): Promise<string | null> {
  const { service, account } = entry;
  const argv = on === "darwin"
    ? ["security", "find-generic-password", "-s", service, "-a", account, "-w"]
    : ["secret-tool", "lookup", "service", service, "account", account];
  const { code, out, err } = await ask(argv, null, access);
  if (code === 0 && out !== "") return out.replace(/\r?\n$/, "");
  // secret-tool is silent about an entry that is not there; security says 44, errSecItemNotFound.
  if (code === 44 || (on === "other" && code <= 1 && err === "")) return null;
  throw closed("read the keychain", err);
}

/** Stores a value, in place of one that is there. @throws KasError as {@link readKeychain} */
export async function writeKeychain(
  entry: KeychainEntry,
  value: string,
  access: SecretAccess,
  on: System = system(),
): Promise<void> {
  const { service, account } = entry;
  const label = `kas: ${account}`;
  const { code, err } = on === "darwin"
    // Its only way in that is no argument: a command on stdin, with the value in hex.
    ? await ask(["security", "-i"], addCommand(entry, value), access)
    : await ask(
      ["secret-tool", "store", `--label=${label}`, "service", service, "account", account],
      value,
      access,
    );
  if (code !== 0) throw closed("write to the keychain", err);
  // "security -i" ends with 0 whatever its commands did, and shows what is not plain ASCII as hex.
  if (on === "darwin" && await readKeychain(entry, access, on) !== value) {
    throw closed("keep this value in the keychain", err);
  }
}

/** Removes an entry. @returns false when there was none @throws KasError as {@link readKeychain} */
export async function removeKeychain(
  entry: KeychainEntry,
  access: SecretAccess,
  on: System = system(),
): Promise<boolean> {
  const { service, account } = entry;
  if (await readKeychain(entry, access, on) === null) return false;
  const argv = on === "darwin"
    ? ["security", "delete-generic-password", "-s", service, "-a", account]
    : ["secret-tool", "clear", "service", service, "account", account];
  const { code, err } = await ask(argv, null, access);
  if (code !== 0) throw closed("remove from the keychain", err);
  return true;
}

function addCommand({ service, account }: KeychainEntry, value: string): string {
  const hex = [...new TextEncoder().encode(value)]
    .map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const word = (text: string) => `"${text.replace(/["\\]/g, "\\$&")}"`;
  return `add-generic-password -U -s ${word(service)} -a ${word(account)} -X ${hex}\n`;
}

interface Answer {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function ask(
  argv: readonly string[],
  input: string | null,
  access: SecretAccess,
): Promise<Answer> {
  const [program = "", ...args] = argv;
  const env = Object.fromEntries(
    Object.entries(access.hostEnv).filter(([name]) => ENV_NAMES.includes(name)),
  );
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), PATIENCE_MS);
  try {
    const child = new Deno.Command(program, {
      args,
      env,
      clearEnv: true,
      stdin: input === null ? "null" : "piped",
      stdout: "piped",
      stderr: "piped",
      signal: patience.signal,
    }).spawn();
    const fed = input === null ? Promise.resolve() : feed(child.stdin, input);
    const [output] = await Promise.all([child.output(), fed]);
    if (patience.signal.aborted) throw closed("wait for the keychain", "it did not answer");
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes.subarray(0, MAX_SECRET + 1));
    return { code: output.code, out: text(output.stdout), err: text(output.stderr).trim() };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new KasError(
      "missing_program",
      `Cannot use the keychain: ${program} is not on the PATH`,
      {
        hint: program === "security"
          ? "It is part of macOS: look at your PATH"
          : "Install it (Debian: libsecret-tools), or keep the secret in a file: kas secret set <name>",
        cause: error,
      },
    );
  } finally {
    clearTimeout(timer);
  }
}

async function feed(stdin: WritableStream<Uint8Array>, text: string): Promise<void> {
  const writer = stdin.getWriter();
  try {
    await writer.write(new TextEncoder().encode(text));
    await writer.close();
  } catch (error) {
    // A program that does not read says why on its stderr.
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}

function closed(what: string, err: string): KasError {
  const why = err.split("\n", 1)[0] ?? "";
  return new KasError("guard", `Cannot ${what}${why === "" ? "" : `: ${why.slice(0, 200)}`}`, {
    hint: "Unlock the keychain, or keep the secret in a file: kas secret set <name>",
  });
}
