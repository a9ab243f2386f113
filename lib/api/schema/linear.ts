import * as v from "valibot";
import { routes } from "./route.ts";

/** What Linear tells kas. Pure. */

export const LINEAR_ROUTES = routes({
  "POST /v1/projects/:project/linear/webhook": {
    scope: "public",
    summary: "Take a delivery of Linear; off unless it is turned on in your settings",
    details:
      "The signature in Linear-Signature is what admits it: the hex HMAC-SHA256 of the body " +
      "under the secret of the webhook. Linear-Delivery has to be there, webhookTimestamp in the " +
      "body has to be of the last minute.",
    body: "signed",
    response: v.object({
      /** `accepted`: done. `duplicate`: taken before. `ignored`: nothing was done. */
      status: v.picklist(["accepted", "duplicate", "ignored"]),
      /** Why. */
      detail: v.string(),
    }),
    errors: ["missing_delivery", "unauthorized", "rate_limited", "disabled"],
    limit: 512 * 1024,
  },
});
