/** What can be told of secrets without the store; lib/engine/caller.ts makes and hashes them. */

/** Whether a text can be a secret of kas at all. */
export function looksLikeSecret(text: string): boolean {
  return /^kas_[A-Za-z0-9_-]{43}$/.test(text);
}

/** Compares two hashes in the same time whatever they hold. */
export function sameHash(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let different = 0;
  for (let i = 0; i < a.length; i++) different |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return different === 0;
}
