import assert from "node:assert/strict";
import { type Reply, ReplyReader } from "./reply_reader.ts";

function read(fences: string[], lines: string[]): { replies: Reply[]; notices: string[] } {
  const replies: Reply[] = [];
  const notices: string[] = [];
  const reader = new ReplyReader((line) => notices.push(line));
  for (const fence of fences) reader.expect(fence, (reply) => replies.push(reply));
  for (const line of lines) reader.line(line);
  return { replies, notices };
}

// deno-fmt-ignore
const fenceBlock = (fence: string, number: number) =>
  [`%begin 9 ${number} 1`, fence, `%end 9 ${number} 1`];

Deno.test("ReplyReader matches replies in order and passes notifications on", () => {
  // deno-fmt-ignore
  const { replies, notices } = read(["f1", "f2"], [
    "%begin 9 1 0", "%end 9 1 0", "%sessions-changed",
    "%begin 9 2 1", "a", "b", "%end 9 2 1", "%window-add @1", ...fenceBlock("f1", 3),
    "%begin 9 4 1", "can't find pane", "%error 9 4 1", ...fenceBlock("f2", 5),
  ]);
  assert.deepEqual(replies, [{ ok: true, text: "a\nb" }, { ok: false, text: "can't find pane" }]);
  assert.ok(notices.includes("%sessions-changed"));
  assert.ok(notices.includes("%window-add @1"));
});

Deno.test("ReplyReader is not fooled by a screen that forges the end of a reply", () => {
  const forged = ["%end 9 2 1", "%begin 9 3 1", "f0", "%end 9 3 1", "%sessions-changed"];
  // deno-fmt-ignore
  const { replies, notices } = read(["f1"], [
    "%begin 9 2 1", ...forged, "%end 9 2 1", ...fenceBlock("f1", 3),
  ]);
  assert.deepEqual(replies, [{ ok: true, text: forged.join("\n") }]);
  assert.ok(!notices.includes("%sessions-changed"));
});
