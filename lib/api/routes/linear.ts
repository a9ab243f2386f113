import type { LinearConfig } from "../../config/types.ts";
import type { Workspace } from "../../engine/workspace.ts";
import { KasError } from "../../errors.ts";
import { receive } from "../../linear/receive.ts";
import { linearSecret, WEBHOOK_SECRET } from "../../linear/secrets.ts";
import { isFresh, isSigned } from "../../linear/signature.ts";
import { HttpError } from "../problem.ts";
import { bind, type Bound, type Call } from "../route.ts";
import { LINEAR_ROUTES } from "../schema/linear.ts";
import { changed, homeOf, needsWork } from "./_shared.ts";

/** The number of a delivery; it is not signed and serves the log alone. */
function deliveryOf(request: Request): string {
  const number = request.headers.get("linear-delivery")?.trim() ?? "";
  if (/^[A-Za-z0-9-]{1,100}$/.test(number)) return number;
  throw new HttpError("missing_delivery", "Cannot take this: it is no delivery of Linear", {
    hint: "Linear sends its number as Linear-Delivery",
  });
}

/** The secret of the webhook; null when there is none, or it cannot be had: a stranger is not told which. */
async function secretOf(
  { context, site }: Pick<Call, "context" | "site">,
  hostEnv: Readonly<Record<string, string>>,
): Promise<string | null> {
  try {
    return await linearSecret(WEBHOOK_SECRET, { paths: context.paths, hostEnv });
  } catch (error) {
    if (!(error instanceof KasError)) throw error;
    site.onFailure("the secret of Linear's webhook", error);
    return null;
  }
}

function disabled(): HttpError {
  return new HttpError("disabled", "Cannot take deliveries of Linear: that is turned off here", {
    hint: `See what is missing with "kas linear webhook status"`,
  });
}

/** The body of a delivery that is Linear's own and of now. */
async function admitted(
  { request, body, site, address }: Pick<Call, "request" | "site" | "address"> & { body: string },
  secret: string,
): Promise<unknown> {
  const signature = request.headers.get("linear-signature") ?? "";
  // It was read as UTF-8 without loss, so these are the bytes that came.
  if (!await isSigned(secret, new TextEncoder().encode(body), signature)) {
    site.authority.countFailure(address());
    throw new HttpError("unauthorized", "Cannot take this delivery: its signature is wrong", {
      hint: "The secret has to be the one Linear shows for this webhook",
    });
  }
  const value = parsed(body);
  const timestamp = value !== null && "webhookTimestamp" in value ? value.webhookTimestamp : null;
  if (isFresh(timestamp, Date.now())) return value;
  throw new HttpError("unauthorized", "Cannot take this delivery: it is not of now", {
    hint: "Set the clock of this machine; what was sent more than a minute ago is refused",
  });
}

/** @throws HttpError "bad_request" */
function parsed(body: string): object | null {
  try {
    const value: unknown = JSON.parse(body);
    if (typeof value === "object") return value;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new HttpError("bad_request", "Cannot read the delivery: it is no JSON object", {
    hint: "Deliveries of Linear are JSON",
  });
}

/** A project that takes deliveries. @throws HttpError "disabled", also for one that is unknown */
async function takingProject(
  { context }: Pick<Call, "context">,
  key: string,
): Promise<{ workspace: Workspace; config: LinearConfig }> {
  try {
    const workspace = await context.workspaces.open(key);
    const config = workspace.config.linear[workspace.project.key];
    if (config?.enabled === true) return { workspace, config };
  } catch (error) {
    if (!(error instanceof KasError) || error.code !== "not_found") throw error;
  }
  throw disabled();
}

/** Deliveries of Linear. */
export const linearRoutes: readonly Bound[] = bind(LINEAR_ROUTES, {
  "POST /v1/projects/:project/linear/webhook": async (call) => {
    const { context, request, params, site } = call;
    const delivery = deliveryOf(request);
    const hostEnv = Deno.env.toObject();
    const secret = await secretOf(call, hostEnv);
    if (secret === null) throw disabled();
    // Nothing of a stranger's is looked at, and nothing of this machine told, before this.
    const body = await admitted(call, secret);
    const { workspace, config } = await takingProject(call, params.project);
    const receiver = {
      home: homeOf(call),
      workspace,
      hostEnv,
      work: () => needsWork(context, workspace.project),
      later: () => {}, // a reply goes on by itself
      onFailure: site.onFailure,
    };
    const received = await receive(receiver, config, delivery, body);
    if (received.status !== "duplicate") changed(call);
    return received;
  },
});
