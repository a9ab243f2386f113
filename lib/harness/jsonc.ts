import { type JsonObject, parseObject } from "./files.ts";

/** Strings, and comments outside of them. */
const TOKENS = /"(?:[^"\\]|\\[\s\S])*"|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;

/**
 * Parses a JSON object that may have comments, as some runtimes write into their settings. An empty
 * text is an empty object.
 * @param what its place, for the error
 * @throws KasError "invalid"
 */
export function parseWithComments(text: string, what: string): JsonObject {
  const bare = text.replace(/^\uFEFF/, "").replace(
    TOKENS,
    (token) => token.startsWith('"') ? token : " ",
  );
  return bare.trim() === "" ? {} : parseObject(bare, what);
}
