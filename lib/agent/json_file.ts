import { KasError } from "../errors.ts";
import { quote } from "../names.ts";
import { placesOf, readJson } from "../task/json_text.ts";
import type { Note } from "./findings.ts";
import { readText } from "./text_file.ts";

/** A JSON file of an agent, with the places of its values for messages. */
export class JsonFile {
  private constructor(
    readonly path: string,
    readonly value: unknown,
    private readonly find: (path: readonly (string | number)[]) => { line: number; column: number },
  ) {}

  /**
   * Reads a JSON file; null when there is none. A key that stands twice is a finding.
   * @throws KasError "invalid" with file, line and column
   */
  static async read(path: string, note: Note): Promise<JsonFile | null> {
    const text = await readText(path);
    return text === null ? null : JsonFile.parse(text, path, note);
  }

  /** The same of a text with LF line ends. @throws KasError "invalid" */
  static parse(text: string, path: string, note: Note): JsonFile {
    const json = readJson(text);
    const place = placesOf(text);
    const at = (offset: number) => `${path}:${place(offset).line}:${place(offset).column}`;
    if (!json.ok) {
      throw new KasError("invalid", `${at(json.offset)}: Cannot read it as JSON: ${json.message}`, {
        hint: "Correct the file",
        context: { file: path, ...place(json.offset) },
      });
    }
    for (const { key, offset } of json.duplicates) {
      const message = `${at(offset)}: ${quote(key)} stands twice; only the last one counts`;
      note({ id: "json.duplicate", severity: "warning", message, fix: "Remove one of them" });
    }
    return new JsonFile(path, json.value, (path) => place(json.offsetOf(path)));
  }

  /** `file:line:column` of a value. */
  at(path: readonly (string | number)[]): string {
    const { line, column } = this.find(path);
    return `${this.path}:${line}:${column}`;
  }

  /** The error for a value that is not what is expected. */
  wrong(path: readonly (string | number)[], expected: string): KasError {
    const key = path.map(String).join(".");
    const what = key === "" ? "this file" : quote(key, 200);
    const message = `${this.at(path)}: Cannot use ${what}: expected ${expected}`;
    return new KasError("invalid", message, {
      hint: "Correct the file",
      context: { file: this.path, key, ...this.find(path) },
    });
  }

  /** An object at a path. @throws KasError "invalid" */
  object(value: unknown, path: readonly (string | number)[]): Record<string, unknown> {
    if (isObject(value)) return value;
    throw this.wrong(path, "an object");
  }

  /** A text at a path, without NUL and not empty. @throws KasError "invalid" */
  text(value: unknown, path: readonly (string | number)[]): string {
    if (typeof value === "string" && value !== "" && !value.includes("\0")) return value;
    throw this.wrong(path, "a text that is not empty");
  }

  /** An object of texts; nothing is an empty one. @throws KasError "invalid" */
  texts(value: unknown, path: readonly (string | number)[]): Record<string, string> {
    const entries = Object.entries(this.object(value ?? {}, path));
    return Object.fromEntries(entries.map(([key, text]) => {
      if (typeof text === "string" && !text.includes("\0")) return [key, text];
      throw this.wrong([...path, key], "a text");
    }));
  }

  /** A list; nothing is an empty one. @throws KasError "invalid" */
  list(value: unknown, path: readonly (string | number)[]): readonly unknown[] {
    if (Array.isArray(value)) return value;
    if (value === undefined) return [];
    throw this.wrong(path, "a list");
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
