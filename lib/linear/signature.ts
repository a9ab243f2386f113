/**
 * Whether a delivery is Linear's own.
 * @see https://linear.app/developers/webhooks#securing-webhooks
 */

/** How far the clock of a delivery may be from ours, in ms. */
export const MAX_SKEW_MS = 60_000;

/**
 * Whether `signature` is the hex HMAC-SHA256 of these bytes under the secret. The comparison takes the
 * same time whatever it finds.
 */
export async function isSigned(
  secret: string,
  body: Uint8Array<ArrayBuffer>,
  signature: string,
): Promise<boolean> {
  if (!/^[0-9a-f]{64}$/i.test(signature)) return false;
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const bytes = new TextEncoder().encode(secret);
  const key = await crypto.subtle.importKey("raw", bytes, algorithm, false, ["verify"]);
  return await crypto.subtle.verify("HMAC", key, Uint8Array.fromHex(signature), body);
}

/** Whether the `webhookTimestamp` of a body, in ms, is of now. */
export function isFresh(timestamp: unknown, now: number): boolean {
  return typeof timestamp === "number" && Math.abs(now - timestamp) <= MAX_SKEW_MS;
}
