/** A name for a task made of its description: at most six words, lower case, with hyphens. Pure. */
export function slugOf(description: string): string {
  const plain = description.normalize("NFKD").replace(/\p{Mark}/gu, "")
    .toLowerCase();
  const words = plain.split(/[^a-z0-9]+/).filter((word) => word !== "").slice(
    0,
    6,
  );
  return words.join("-").slice(0, 48).replace(/-+$/, "");
}
