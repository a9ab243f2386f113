/**
 * Gives the process back the DENO_DIR its user had: the launcher of the self-extracting file puts
 * its own in place, and the value it found in KAS_DENO_DIR.
 * @module
 */
const found = Deno.env.get("KAS_DENO_DIR");
if (found !== undefined) {
  Deno.env.delete("KAS_DENO_DIR");
  Deno.env.set("DENO_DIR", found);
}
