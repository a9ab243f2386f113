import { type Command, defineCommand, defineGroup, type Group, table } from "../lib/cli/mod.ts";
import { resolvePaths } from "../lib/config/paths.ts";
import {
  listSecrets,
  removeSecret,
  type SecretAccess,
  setSecret,
  type StoredSecret,
} from "../lib/secret/mod.ts";
import { requirePerson } from "./_shared.ts";

function access(): SecretAccess {
  return { paths: resolvePaths(), hostEnv: Deno.env.toObject() };
}

function line({ name, ref }: StoredSecret, word: string): string {
  return `${word}: ${name} (${ref})`;
}

const set: Command = defineCommand({
  description: "Store a secret for agents",
  details: "The value comes from stdin, or is asked for and not shown. It is never an argument: " +
    "those can be seen by others. Kept in a file only you can read, or in the system's keychain.",
  args: {
    name: { type: "positional", description: "Name of the secret" },
    keychain: { type: "boolean", description: "Keep it in the keychain of the system" },
  },
  examples: [
    ["kas secret set github", "Asks for the value"],
    ["gh auth token | kas secret set github --keychain", "From another program"],
  ],
  async run(ctx) {
    requirePerson("store a secret");
    const { name, keychain } = ctx.values;
    const { parseSecretName } = await import("../lib/agent/secret_ref.ts");
    const clean = parseSecretName(name);
    const { readSecret } = await import("./secret/_prompt.ts");
    const value = await readSecret(clean);
    const stored = await setSecret(clean, value, keychain === true ? "keychain" : "file", access());
    ctx.print(stored, (secret) =>
      `${line(secret, "stored")}\n` +
      `name it in an agent.toml, under [env.secret]: SOME_VARIABLE = "${secret.ref}"`);
  },
});

const list: Command = defineCommand({
  description: "List the secrets kas stored; never their values",
  async run(ctx) {
    ctx.print(
      await listSecrets(access()),
      (rows) =>
        rows.length === 0 ? "no secrets" : table(rows, [
          { header: "NAME", value: (row) => row.name },
          { header: "STORE", value: (row) => row.store },
          { header: "REFERENCE", value: (row) => row.ref },
        ]),
    );
  },
});

const remove: Command = defineCommand({
  description: "Remove a secret from where kas stored it",
  args: { name: { type: "positional", description: "Name of the secret" } },
  async run(ctx) {
    requirePerson("remove a secret");
    const removed = await removeSecret(ctx.values.name, access());
    ctx.print(removed, (rows) => rows.map((row) => line(row, "removed")).join("\n"));
  },
});

const group: Group = defineGroup({
  description: "Keep secrets for agents",
  details:
    "An agent's settings name a secret; its value goes into the environment of the agent when " +
    "it starts, and nowhere else.",
  commands: { set, list, remove },
});

export default group;
