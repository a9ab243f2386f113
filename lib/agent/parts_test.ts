import assert from "node:assert/strict";
import { inScene, refuses, SMALL } from "./_fixture.ts";
import { splitFrontmatter } from "./frontmatter.ts";
import { inspectAgent, loadAgent } from "./library.ts";

Deno.test("R25: only a block of keys is frontmatter, and a rule above prose is prose", () => {
  const bodies: [string, string][] = [
    ["---\nname: x\n---\nBody\n", "Body\n"],
    ["---\nname:\ndescription: y\n---\n\nBody\n", "Body\n"],
    ["---\n# note\nname: x\ntools:\n  - a\n- b\n---\nBody", "Body"],
    ["---\nYou are careful.\n---\nBody\n", "---\nYou are careful.\n---\nBody\n"],
    ["---\n\nProse\n", "---\n\nProse\n"],
    ["---\n---\nBody\n", "---\n---\nBody\n"],
    ["---\nname: x\nno end\n", "---\nname: x\nno end\n"],
    ["----\nname: x\n----\n", "----\nname: x\n----\n"],
    ["Body\n---\nname: x\n---\n", "Body\n---\nname: x\n---\n"],
    ["", ""],
  ];
  for (const [text, body] of bodies) assert.equal(splitFrontmatter(text).body, body, text);
});

Deno.test("R25: a soul with CRLF and a byte order mark has its frontmatter taken off once", () =>
  inScene(async ({ places, agent }) => {
    const soul = "\ufeff---\r\nname:\r\ndescription: d\r\n---\r\nOne\r\nTwo\r\n";
    await agent("global", "scout", { ...SMALL, "soul.md": soul });
    assert.equal((await loadAgent(places, "scout")).parts.soul, "One\nTwo\n");
  }));

Deno.test("R21: a missing soul stops the launch and names the file", () =>
  inScene(async ({ places, agent }) => {
    const path = await agent("global", "scout", { "agent.toml": "" });
    const error = await refuses(loadAgent(places, "scout"), "invalid", /its soul is missing/);
    assert.ok(error.hint?.includes(`${path}/soul.md`));
    assert.deepEqual((await inspectAgent(places, "scout")).map((one) => [one.id, one.severity]), [
      ["soul.unusable", "error"],
    ]);
    await Deno.writeTextFile(`${path}/agent.toml`, `[soul]\nprompt_file = ""\n`);
    assert.equal((await loadAgent(places, "scout")).parts.soul, "");
    assert.deepEqual(await inspectAgent(places, "scout"), []);
  }));

Deno.test("loadAgent() refuses a soul of 10 MB, one that is no text, and a folder in its place", () =>
  inScene(async ({ places, agent }) => {
    const path = await agent("global", "scout", { ...SMALL, "soul.md": "x".repeat(10_000_000) });
    await refuses(
      loadAgent(places, "scout"),
      "invalid",
      /soul\.md": it has 10000000 bytes, at most 1048576/,
    );
    await Deno.writeFile(`${path}/soul.md`, new Uint8Array([0xff, 0xfe, 0]));
    await refuses(loadAgent(places, "scout"), "invalid", /not UTF-8/);
    await Deno.writeTextFile(`${path}/soul.md`, "a\0b");
    await refuses(loadAgent(places, "scout"), "invalid", /not a text/);
    await Deno.remove(`${path}/soul.md`);
    await Deno.mkdir(`${path}/soul.md`);
    await refuses(loadAgent(places, "scout"), "invalid", /it is not a file/);
  }));

Deno.test("loadAgent() reads a soul elsewhere for the user, never for a project", () =>
  inScene(async ({ places, agent, dir }) => {
    await Deno.writeTextFile(`${dir}/own.md`, "Mine.");
    const files = { "agent.toml": `soul.prompt_file = "${dir}/own.md"\n` };
    await agent("global", "scout", files);
    assert.equal((await loadAgent(places, "scout")).parts.soul, "Mine.");
    assert.deepEqual((await inspectAgent(places, "scout")).map(({ id }) => id), ["soul.outside"]);
    await agent("project", "scout", files);
    await refuses(loadAgent(places, "scout"), "guard", /its soul lies elsewhere/);
    await agent("project", "scout", { "agent.toml": `soul.prompt_file = "../../../x.md"\n` });
    await refuses(loadAgent(places, "scout"), "guard", /its soul lies elsewhere/);
  }));

Deno.test("R18: an invalid mcp.json stops the launch, with line and column", () =>
  inScene(async ({ places, agent }) => {
    const bad: [string, RegExp][] = [
      ["{", /mcp\.json:1:2: Cannot read it as JSON/],
      [`{"mcpServers": {\n  "a": {"command": 3}}}`, /mcp\.json:2:20: .*command": expected a text/],
      [`{"mcpServers": {"a": {}}}`, /:1:22: .*"mcpServers\.a": expected either "command"/],
      [`{"mcpServers": {"a": {"command": "x", "url": "http://x"}}}`, /either "command"/],
      [`{"mcpServers": {"a": {"command": "x", "args": [1]}}}`, /args\.0/],
      [`{"mcpServers": {"a": {"command": "x", "env": {"A B": "1"}}}}`, /name of a variable/],
      [`{"mcpServers": {"a": {"url": "file:///x"}}}`, /an http or https address/],
      [`{"mcpServers": {"a": {"type": "ws", "url": "http://x"}}}`, /either "command"/],
      [`{"mcpServers": {"../a": {"command": "x"}}}`, /a name of letters/],
      [`{"mcpServers": {"kasmos": {"command": "x"}}}`, /kas's own server/],
      [`{"mcpServers": {"a": {"url": "http://x", "headers": {"a": "b\\r\\nc: d"}}}}`, /a header/],
      [`[]`, /expected an object/],
    ];
    for (const [text, pattern] of bad) {
      await agent("global", "scout", { ...SMALL, "mcp.json": text });
      const error = await refuses(loadAgent(places, "scout"), "invalid", pattern);
      assert.equal(error.exitCode, 2);
    }
  }));

Deno.test("R33: http and sse servers are as good as stdio ones, and .mcp.json is read like mcp.json", () =>
  inScene(async ({ places, agent }) => {
    const servers = {
      a: { type: "local", command: "x", args: ["-y"], env: { K: "${K}" } },
      b: { type: "streamable-http", url: "${BASE}/mcp", headers: { Authorization: "Bearer ${T}" } },
      c: { type: "sse", url: "http://localhost:${PORT}/sse" },
    };
    const text = JSON.stringify({ mcpServers: servers });
    const path = await agent("global", "scout", { ...SMALL, ".mcp.json": `\ufeff${text}` });
    assert.deepEqual((await loadAgent(places, "scout")).parts.mcpServers, {
      a: { type: "stdio", command: "x", args: ["-y"], env: { K: "${K}" } },
      b: { type: "http", url: "${BASE}/mcp", headers: { Authorization: "Bearer ${T}" } },
      c: { type: "sse", url: "http://localhost:${PORT}/sse", headers: {} },
    });
    assert.deepEqual(await inspectAgent(places, "scout"), []);
    await Deno.writeTextFile(`${path}/mcp.json`, `{}`);
    assert.deepEqual((await loadAgent(places, "scout")).parts.mcpServers, {});
    assert.deepEqual((await inspectAgent(places, "scout")).map(({ id }) => id), ["mcp.two_files"]);
  }));

Deno.test("inspectAgent() warns of secrets that are written down, without repeating them", () =>
  inScene(async ({ places, agent }) => {
    const env = { GITHUB_TOKEN: "ghp_hunter2", API_KEY: "${user_config.KEY}", MODE: "x" };
    const servers = { a: { command: "x", env, disabled: true } };
    const text = `{"mcpServers": ${JSON.stringify(servers)}, "mcpServers2": 1, "mcpServers2": 2}`;
    await agent("global", "scout", { ...SMALL, "mcp.json": text });
    const findings = await inspectAgent(places, "scout");
    assert.deepEqual(findings.map(({ id }) => id), [
      "json.duplicate",
      "mcp.unused_key",
      "mcp.unused_key",
      "mcp.plain_secret",
      "mcp.user_config",
    ]);
    assert.doesNotMatch(JSON.stringify(findings), /hunter2/);
  }));

const hooks = (command: string, more = {}) =>
  JSON.stringify({ hooks: { Stop: [{ hooks: [{ type: "command", command, ...more }] }] } });

Deno.test("loadAgent() wants the scripts of hooks to be there and executable", () =>
  inScene(async ({ places, agent }) => {
    const path = await agent("global", "scout", {
      ...SMALL,
      "scripts/ok.sh!": "",
      "scripts/plain.sh": "",
    });
    const hooked = async (text: string) => {
      await Deno.mkdir(`${path}/hooks`, { recursive: true });
      await Deno.writeTextFile(`${path}/hooks/hooks.json`, text);
      return await loadAgent(places, "scout");
    };
    for (
      const command of [
        "${CLAUDE_PLUGIN_ROOT}/scripts/ok.sh x",
        `"$KAS_AGENT_DIR/scripts/ok.sh"`,
        "bash ${KAS_AGENT_DIR}/scripts/plain.sh",
        "kas hook x",
        "echo 'it",
      ]
    ) await hooked(hooks(command));
    const bad: [string, string, RegExp][] = [
      [hooks("${CLAUDE_PLUGIN_ROOT}/scripts/no.sh"), "invalid", /"scripts\/no\.sh" is not there/],
      [hooks("${KAS_AGENT_DIR}/scripts/plain.sh"), "invalid", /not executable[^]*chmod \+x/],
      [hooks("${KAS_AGENT_DIR}/scripts"), "invalid", /is not there/],
      [hooks("${KAS_AGENT_DIR}/../x.sh"), "guard", /outside/],
      [hooks(""), "invalid", /hooks\.json:1:\d+: .*a text that is not empty/],
      [hooks("x", { timeout: -1 }), "invalid", /seconds/],
      [hooks("x", { type: "prompt" }), "invalid", /"command", the one kind/],
      [`{"hooks": {"Stop": {}}}`, "invalid", /a list/],
      [`{"hooks": {"No Such": []}}`, "invalid", /an event/],
      [`{"hooks": {"Stop": [{"matcher": 3, "hooks": []}]}}`, "invalid", /a text/],
    ];
    for (const [text, code, pattern] of bad) await refuses(hooked(text), code, pattern);
    await hooked(hooks("bash ${KAS_AGENT_DIR}/scripts/no.sh", { async: true }));
    assert.deepEqual((await inspectAgent(places, "scout")).map(({ id }) => id), [
      "hooks.unused_key",
      "hooks.missing_file",
    ]);
  }));

Deno.test("loadAgent() wants folders where it expects them, and legal names in them", () =>
  inScene(async ({ places, agent, dir }) => {
    for (const folder of ["skills", "commands", "scripts", "bin"]) {
      const path = await agent("global", "scout", { ...SMALL, [folder]: "a file" });
      await refuses(loadAgent(places, "scout"), "invalid", /it is not a folder/);
      await Deno.remove(path, { recursive: true });
    }
    await agent("global", "scout", { ...SMALL, "skills/a b/SKILL.md": "" });
    await refuses(loadAgent(places, "scout"), "invalid", /"a b" as the name of a skill/);
    await Deno.remove(`${dir}/home/agents/scout/skills`, { recursive: true });
    await agent("global", "scout", { "commands/a..b.md": "", "skills/x/": "", "skills/y": "" });
    await refuses(loadAgent(places, "scout"), "invalid", /name of a command/);
    const ids = (await inspectAgent(places, "scout")).map(({ id }) => id);
    assert.deepEqual(ids, ["skills.no_manifest", "skills.stray_file", "commands.invalid"]);
  }));
