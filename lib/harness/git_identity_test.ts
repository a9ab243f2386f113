import assert from "node:assert/strict";
import { identityVariables } from "./git_identity.ts";

Deno.test("identityVariables() gives the user's identity, behind settings that are there", async () => {
  const home = await Deno.makeTempDir({ prefix: "kas-identity-" });
  try {
    assert.deepEqual(await identityVariables(home, { HOME: home }), {});
    await Deno.writeTextFile(`${home}/.gitconfig`, "[user]\nname = Ann <x>\nemail = a@b.c\n");
    assert.deepEqual(await identityVariables(home, { HOME: home, GIT_CONFIG_COUNT: "1" }), {
      GIT_CONFIG_COUNT: "3",
      GIT_CONFIG_KEY_1: "user.name",
      // git leaves angle brackets out of names
      GIT_CONFIG_VALUE_1: "Ann x",
      GIT_CONFIG_KEY_2: "user.email",
      GIT_CONFIG_VALUE_2: "a@b.c",
    });
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});
