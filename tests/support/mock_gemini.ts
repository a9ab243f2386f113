/**
 * The protocol of Gemini CLI: `generateContent` and `streamGenerateContent` of the Gemini API, as far
 * as the CLI needs it. The model and the wish to stream stand in the path, not in the body.
 * https://ai.google.dev/api/generate-content
 */
import { type Answer, type Json, objects, textOf, type Turn, type Wire } from "./mock_wire.ts";

/** Gemini: `POST /v1beta/models/<model>:streamGenerateContent?alt=sse`. */
export const gemini: Wire = {
  name: "gemini",
  turns(body) {
    const turns: Turn[] = [];
    for (const { role, parts } of objects(body.contents)) {
      const list = objects(parts);
      if (role === "model") {
        const calls = list.filter((part) => part.functionCall !== undefined).length;
        turns.push({ role: "assistant", text: textOf(parts), calls });
      } else if (list.some((part) => part.functionResponse !== undefined)) {
        turns.push({ role: "tool", text: "", calls: 0 });
      } else turns.push({ role: "user", text: textOf(parts), calls: 0 });
    }
    return turns;
  },
  tools: (body) =>
    objects(body.tools).flatMap((tool) =>
      objects(tool.functionDeclarations).map(({ name }) => ({
        name: typeof name === "string" ? name : "",
      }))
    ),
  streams: (path) => path.endsWith(":streamGenerateContent"),
  whole: (answer) => response(answer, partsOf(answer)),
  events: (answer) => partsOf(answer).map((part) => ({ data: response(answer, [part]) })),
  failure: (status, message) => ({ error: { code: status, message, status: "UNKNOWN" } }),
};

function partsOf({ text, calls }: Answer): Json[] {
  const words = text.match(/[\s\S]{1,24}/g) ?? (calls.length === 0 ? [""] : []);
  return [
    ...words.map((word) => ({ text: word })),
    ...calls.map(({ name, args }) => ({ functionCall: { name, args } })),
  ];
}

function response({ id, model }: Answer, parts: readonly Json[]): Json {
  return {
    responseId: id,
    modelVersion: model,
    candidates: [{ index: 0, content: { role: "model", parts }, finishReason: "STOP" }],
    usageMetadata: { promptTokenCount: 100, candidatesTokenCount: 20, totalTokenCount: 120 },
  };
}
