import { toJson } from "../lib/api/json.ts";
import { type Command, defineCommand, defineGroup, type Group, table } from "../lib/cli/mod.ts";
import { KasError } from "../lib/errors.ts";
import { quote } from "../lib/names.ts";
import { type Scope, SCOPES, type Store, type Token } from "../lib/store/types.ts";
import { localTime, requirePerson, userName } from "./_shared.ts";

async function openStoreHere(): Promise<Store> {
  const { homePaths } = await import("../lib/engine/workspace.ts");
  const { openStore } = await import("../lib/store/mod.ts");
  return await openStore((await homePaths()).database);
}

function parseScope(text: string): Scope {
  const scope = SCOPES.find((one) => one === text);
  if (scope !== undefined) return scope;
  throw new KasError("usage", `Cannot use ${quote(text)} as a scope`, {
    hint: `Choose from: ${SCOPES.join(", ")}; each includes the ones before it`,
  });
}

async function projectId(store: Store, key: string | undefined): Promise<number | null> {
  if (key === undefined) return null;
  const project = await store.projectByKey(key);
  if (project !== null) return project.id;
  throw new KasError("not_found", `There is no project ${quote(key)}`, {
    hint: `See them with "kas daemon status"`,
  });
}

/** A token without what only kas needs to know. */
function tokenJson(token: Token) {
  const { grant, ...rest } = token;
  return { ...toJson(rest), agent: grant?.agent ?? null };
}

function state(token: Token, now: number): string {
  if (token.revokedAt !== null) return "revoked";
  if (token.expiresAt === null) return "valid";
  return token.expiresAt <= now ? "expired" : `until ${localTime(token.expiresAt)}`;
}

const create: Command = defineCommand({
  description: "Make a token for the HTTP API and print its secret, once",
  details: "The secret also logs a browser in: paste it on the login page of the admin.",
  args: {
    name: {
      type: "string",
      required: true,
      metavar: "name",
      description: "What the log calls its holder",
    },
    scope: {
      type: "string",
      default: "read",
      metavar: "scope",
      description: `${SCOPES.join(", ")}; each includes the ones before it`,
    },
    expires: { type: "string", metavar: "time", description: "Such as 30d, 12h, 90m" },
    project: { type: "string", metavar: "key", description: "Only for this project" },
  },
  examples: [
    ["kas token create --name ci --scope signal --expires 30d", "Let a pipeline report"],
    ["kas token create --name wall --project shop", "A board on the wall that only reads"],
  ],
  async run(ctx) {
    requirePerson("make a token");
    const { name, scope, expires, project } = ctx.values;
    const { createToken, expiryOf } = await import("../lib/api/tokens.ts");
    const { newSecret } = await import("../lib/engine/caller.ts");
    const wanted = {
      name,
      scope: parseScope(scope),
      expiresAt: expires === undefined ? null : expiryOf(expires),
      secret: newSecret(),
      actor: userName(),
    };
    await using store = await openStoreHere();
    const token = await createToken(store, {
      ...wanted,
      projectId: await projectId(store, project),
    });
    ctx.print({ ...tokenJson(token), secret: wanted.secret }, (row) => row.secret);
  },
});

const list: Command = defineCommand({
  description: "List tokens; never their secrets",
  args: {
    all: { type: "boolean", description: "Revoked and expired ones too" },
    agents: { type: "boolean", description: "Those that kas gave to agents too" },
  },
  async run(ctx) {
    const { all, agents } = ctx.values;
    const now = Date.now();
    await using store = await openStoreHere();
    const rows = await store.tokens({
      ...(all === true ? {} : { live: now }),
      ...(agents === true ? {} : { agents: false }),
    });
    const keys = new Map((await store.projects()).map(({ id, key }) => [id, key]));
    if (ctx.json) {
      ctx.print(rows.map(tokenJson), () => "");
      return;
    }
    ctx.print(rows, () =>
      rows.length === 0 ? "no tokens found" : table(rows, [
        { header: "ID", value: (row) => String(row.id), align: "right" },
        { header: "NAME", value: (row) => row.name },
        { header: "SCOPE", value: (row) => row.scope },
        { header: "PROJECT", value: (row) => keys.get(row.projectId ?? 0) ?? "-" },
        { header: "STATE", value: (row) => state(row, now) },
        {
          header: "LAST USED",
          value: (row) => row.lastUsedAt === null ? "-" : localTime(row.lastUsedAt),
        },
      ]));
  },
});

const revoke: Command = defineCommand({
  description: "Revoke a token at once",
  args: { token: { type: "positional", description: "Its name or number" } },
  async run(ctx) {
    requirePerson("revoke a token");
    const { findToken } = await import("../lib/api/tokens.ts");
    await using store = await openStoreHere();
    const token = await findToken(store, ctx.values.token);
    await store.commit([{ kind: "token_revoke", id: token.id, actor: userName() }]);
    ctx.print(tokenJson(token), (row) => `revoked: ${row.name} (${row.id})`);
  },
});

const group: Group = defineGroup({
  description: "Make, list and revoke tokens for the HTTP API",
  commands: { create, list, revoke },
});

export default group;
