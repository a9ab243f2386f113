import assert from "node:assert/strict";
import { MASK, maskSecrets, secretVariables } from "./mask.ts";

/** Texts in which HIDDEN is a secret: whatever else becomes of them, it must be gone. */
const SECRETS = [
  "https://user:HIDDEN@host/x",
  "https://HIDDEN@github.com/o/r.git",
  "postgres://app:HIDDEN@db:5432/x?sslmode=on",
  "kas_HIDDENHIDDENHIDDEN",
  "sk-ant-api03-HIDDENHIDDEN",
  "ghp_HIDDENHIDDENHIDDEN",
  "Authorization: Bearer HIDDENHIDDEN",
  'authorization: "HIDDEN x"',
  '{"api_key":"HIDDEN","a":1}',
  "{'password': 'HIDDEN'}",
  "ANTHROPIC_API_KEY=HIDDEN",
  'GITHUB_TOKEN: "HIDDEN HIDDEN"',
  'token = "a\\"HIDDEN"',
  "https://host/x?access_token=HIDDEN&y=1",
  '["--api-key","HIDDEN","--verbose"]',
  "claude --api-key HIDDEN --verbose",
  "claude --auth-token=HIDDEN",
  "http://127.0.0.1:7433/admin/login#HIDDEN",
  "eyJhbGciOiJIHIDDEN.eyJzdWIiOiHIDDEN.HIDDEN",
  "-----BEGIN OPENSSH PRIVATE KEY-----\nHIDDEN\nHIDDEN\n-----END OPENSSH PRIVATE KEY-----",
  "-----BEGIN PRIVATE KEY-----\nHIDDEN",
];

for (const text of SECRETS) {
  Deno.test(`maskSecrets() masks ${text.split("\n")[0]}`, () => {
    const masked = maskSecrets(text);
    assert.ok(!masked.includes("HIDDEN"), masked);
    assert.ok(masked.includes(MASK), masked);
  });
}

Deno.test("maskSecrets() leaves ordinary text alone", () => {
  for (
    const text of [
      "https://example.org/a@b/c",
      "git@github.com:o/r.git",
      "the token of the agent was revoked",
      "claude --model opus",
      "2026-01-31T12:00:00Z task add-login: implementing",
      'program = ["claude", "--verbose"]',
    ]
  ) assert.equal(maskSecrets(text), text);
});

Deno.test("maskSecrets() masks known values wherever they stand, the longest first", () => {
  assert.equal(
    maskSecrets("x hunter22222 y hunter2", ["hunter2", "hunter22222"]),
    `x ${MASK} y ${MASK}`,
  );
  assert.equal(maskSecrets("a in a word", ["a", ""]), "a in a word");
});

Deno.test("secretVariables() gives values of variables that are secret by name", () => {
  const env = {
    OPENAI_API_KEY: "k",
    HOME: "/h",
    SSH_AUTH_SOCK: "/s",
    KASMOS_IDENTITY: "i",
    X: "x",
  };
  assert.deepEqual(secretVariables(env), ["k", "i"]);
});
