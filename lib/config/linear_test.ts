import assert from "node:assert/strict";
import { checkConfig } from "./read.ts";
import { resolveConfig } from "./resolve.ts";

const ID = "9c1f0d2e-5b1a-4c3d-8e7f-0123456789AB";

function data(text: string) {
  const { data, findings } = checkConfig(text, "config.toml");
  assert.deepEqual(findings, []);
  assert.ok(data);
  return data;
}

Deno.test("resolveConfig() takes [linear.<project>] from the user alone", () => {
  const user = data(`[linear.shop]\nenabled = true\nteams = ["ENG"]\nactors = ["${ID}"]\n`);
  const project = data(
    `[linear.shop]\nenabled = false\nactors = []\n[linear.evil]\nenabled = true\n`,
  );
  const { config, sources } = resolveConfig([
    { source: "user", data: user },
    { source: "project", data: project },
  ]);
  assert.deepEqual(Object.keys(config.linear), ["shop"]);
  const { enabled, teams, actors, labels } = config.linear["shop"] ?? {};
  assert.deepEqual([enabled, teams, actors, labels], [true, ["eng"], [ID.toLowerCase()], []]);
  const of = sources.filter(({ key }) => key.startsWith("linear."));
  assert.equal(of.find(({ key }) => key === "linear.shop.enabled")?.source, "user");
  assert.ok(of.every(({ source }) => source !== "project"));
  assert.deepEqual(Object.keys(resolveConfig([]).config.linear), []);
});

Deno.test("checkConfig() refuses names in place of ids, and odd keys of projects", () => {
  for (
    const text of [
      `[linear.shop]\nactors = ["ann"]\n`,
      `[linear.shop]\nactors = "${ID}"\n`,
      `[linear.shop]\nstart_labels = ["start"]\n`,
      `[linear.shop]\nteams = ["E N G"]\n`,
      `[linear.shop]\nenabled = "yes"\n`,
      `[linear."../x"]\nenabled = true\n`,
      `[linear]\nenabled = true\n`,
    ]
  ) {
    assert.equal(checkConfig(text, "config.toml").data, null, text);
  }
});
