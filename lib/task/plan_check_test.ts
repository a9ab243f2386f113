import assert from "node:assert/strict";
import { isOutside, normalizePath, sharedClaims } from "./plan_check.ts";

Deno.test("sharedClaims() compares normalised paths and covers what is below a folder", () => {
  const claims = (...files: string[][]): ReturnType<typeof sharedClaims> =>
    sharedClaims(files.map((each, index) => ({ task: 9 - index, files: each })));
  assert.deepEqual(claims(["./a//b.ts", "a/b.ts"], ["c/../a/b.ts"]), [
    { file: "a/b.ts", tasks: [8, 9] },
  ]);
  assert.deepEqual(claims(["a.ts", "a.ts"], ["A.ts"], ["a.tsx"]), []);
  assert.deepEqual(claims(["src/"], ["src/x/a.ts", "srcs/a.ts"], ["src/**"]), [
    { file: "src", tasks: [7, 9] },
    { file: "src/x/a.ts", tasks: [7, 8, 9] },
  ]);
  assert.deepEqual(claims(["."], ["a"]), [{ file: "a", tasks: [8, 9] }]);
});

Deno.test("isOutside() sees through every spelling of a way out", () => {
  for (const path of ["/etc/x", "../x", "a/../../x", "C:\\x", "./..", "..\\x"]) {
    assert.equal(isOutside(path), true, path);
  }
  for (const path of ["a", "a/../b", "..a/b", ".", "a..", "src/"]) {
    assert.equal(isOutside(path), false, path);
  }
  assert.equal(normalizePath("./src/./x/../*"), "src");
});
