import assert from "node:assert/strict";
import { KasError } from "../errors.ts";
import { codexHarness } from "./codex.ts";
import { stateOfTitle } from "./codex_read.ts";
import { fileOf, type TestDirs, testDirs, testRequest } from "./test_request.ts";

const MCP = 'mcp_servers.kasmos={"command"="kas","args"=["mcp"],' +
  '"env_vars"=["KASMOS_PROJECT","KASMOS_TASK"],' +
  '"default_tools_approval_mode"="approve","startup_timeout_sec"=60}';
const SETTLED = [
  "-c",
  "features.daemon_auto_start=false",
  "-c",
  "check_for_update_on_startup=false",
  "-c",
  "allow_login_shell=false",
];

Deno.test("codexHarness.render() says everything by -c and writes no settings", async () => {
  await using dirs = await testDirs();
  const { argv, env, files, answers } = await codexHarness.render(testRequest(dirs, {
    program: ["codex"],
    model: "gpt-6",
    effort: "high",
    extraArgs: ["--search"],
    task: "-p is no flag",
  }));
  assert.deepEqual(argv, [
    "codex",
    "-c",
    'projects={"/repo/.worktrees/a.b"={"trust_level"="trusted"},"/repo"={"trust_level"="trusted"}}',
    ...SETTLED,
    "-c",
    MCP,
    "-a",
    "never",
    "-s",
    "danger-full-access",
    "--model",
    "gpt-6",
    "-c",
    'model_reasoning_effort="high"',
    "--search",
    "--",
    "-p is no flag",
  ]);
  // by name in the arguments, so the values must be in the environment
  assert.deepEqual(env, {
    PATH: "/bin",
    HOME: dirs.home,
    KASMOS_TASK: "add-login",
    KASMOS_PROJECT: "shop",
  });
  const [place, ...others] = files;
  assert.equal(place?.path, `${dirs.launchDir}/codex.json`);
  const { sessions, session } = JSON.parse(place?.text ?? "");
  assert.deepEqual([sessions, session], [`${dirs.home}/.codex/sessions`, null]);
  assert.deepEqual([others, answers], [[], []]);
});

Deno.test("R22: codexHarness.render() gives a run its task on stdin, and trusts nothing by itself", async () => {
  await using dirs = await testDirs();
  const { argv, stdin } = await codexHarness.render(testRequest(dirs, {
    program: ["codex"],
    mode: "run",
    role: null,
    task: "- a list",
    outputFormat: "stream-json",
    kasServer: null,
    resume: "last",
    strict: true,
  }));
  assert.deepEqual(argv, [
    "codex",
    "exec",
    "resume",
    ...SETTLED,
    "-c",
    'approval_policy="never"',
    "-c",
    'sandbox_mode="danger-full-access"',
    "--skip-git-repo-check",
    "--json",
    "--ignore-user-config",
    "--ignore-rules",
    "-c",
    "project_doc_max_bytes=0",
    "-c",
    "skills.include_instructions=false",
    "--last",
    "--",
    "-",
  ]);
  assert.equal(stdin, "- a list");
});

Deno.test("codexHarness.render() goes on with a session of the terminal program", async () => {
  await using dirs = await testDirs();
  const words = async (changes: Parameters<typeof testRequest>[1]) => {
    const { argv } = await codexHarness.render(testRequest(dirs, changes));
    return [argv[1], ...argv.slice(argv.indexOf("danger-full-access") + 1)];
  };
  assert.deepEqual(await words({ resume: "id-1" }), ["resume", "--", "id-1", "Do it"]);
  assert.deepEqual(await words({ resume: "last" }), ["resume", "--last", "--", "Do it"]);
  assert.deepEqual(await words({ resume: "last", task: null }), ["resume", "--last"]);
});

/** The value of an override. */
function override(argv: readonly string[], key: string): string | undefined {
  return argv.find((word) => word.startsWith(`${key}=`))?.slice(key.length + 1);
}

async function agentWithSkill(dirs: TestDirs): Promise<Parameters<typeof testRequest>[1]> {
  const skill = `${dirs.root}/greeting`;
  await Deno.mkdir(skill, { recursive: true });
  await Deno.writeTextFile(
    `${skill}/SKILL.md`,
    "---\nname: greeting\ndescription: >\n  Greets\n  people\n---\n",
  );
  return {
    parts: { soul: 'Be "kind".\n', skills: { greeting: skill }, commands: { lint: "/l.md" } },
  };
}

Deno.test("codexHarness.render() makes soul, skills and commands the developer's instructions", async () => {
  await using dirs = await testDirs();
  const { argv, files } = await codexHarness.render(
    testRequest(dirs, await agentWithSkill(dirs)),
  );
  const text = JSON.parse(override(argv, "developer_instructions") ?? "");
  assert.ok(text.startsWith('Be "kind".\n'));
  const { launchDir } = dirs;
  assert.ok(
    text.includes(`- greeting: Greets people (file: ${launchDir}/agent/skills/greeting/SKILL.md)`),
  );
  assert.ok(text.includes(`- lint (file: ${launchDir}/agent/commands/lint.md)`));
  assert.deepEqual(files.map(({ path }) => path), [`${launchDir}/codex.json`]);
});

Deno.test("codexHarness.render() brings new instructions into an old session by a hook", async () => {
  await using dirs = await testDirs();
  const launch = await codexHarness.render(
    testRequest(dirs, { ...await agentWithSkill(dirs), resume: "id-1" }),
  );
  assert.equal(override(launch.argv, "developer_instructions"), undefined);
  assert.equal(
    override(launch.argv, "hooks.SessionStart"),
    `[{"hooks"=[{"type"="command","command"="cat ${dirs.launchDir}/soul.md","timeout"=10,` +
      '"additionalContextLimit"=0}]}]',
  );
  assert.match(fileOf(launch, dirs, "soul.md"), /^Be "kind"\.\n/);
});

Deno.test("codexHarness.render() puts a soul that is no argument into a file", async () => {
  await using dirs = await testDirs();
  const soul = "é".repeat(40_000);
  const launch = await codexHarness.render(testRequest(dirs, { parts: { soul } }));
  assert.equal(override(launch.argv, "developer_instructions"), undefined);
  assert.ok(override(launch.argv, "hooks.SessionStart")?.includes(`cat ${dirs.launchDir}/soul.md`));
  assert.equal(fileOf(launch, dirs, "soul.md"), `${soul}\n`);
});

Deno.test("codexHarness.render() says what it reads of the user's even when strict", async () => {
  await using dirs = await testDirs();
  const notes = async (mode: "run" | "chat") =>
    (await codexHarness.render(testRequest(dirs, { strict: true, mode }))).notes.join("\n");
  assert.equal(await notes("run"), "");
  assert.match(await notes("chat"), /config\.toml/);
  await Deno.mkdir(`${dirs.home}/.codex`);
  await Deno.writeTextFile(`${dirs.home}/.codex/AGENTS.md`, "Rules\n");
  assert.match(await notes("run"), /AGENTS\.md/);
});

Deno.test("codexHarness.render() trusts its own hooks by their hash, and no others", async () => {
  await using dirs = await testDirs();
  const { argv } = await codexHarness.render(testRequest(dirs, {
    parts: {
      hooks: {
        Stop: [{ matcher: "", hooks: [{ type: "command", command: "echo hi" }] }],
        PreToolUse: [{
          matcher: "Bash",
          hooks: [{ type: "command", command: "echo hi", timeout: 5 }],
        }],
        SessionEnd: [{
          hooks: [{ type: "command", command: "${CLAUDE_PLUGIN_ROOT}/x", timeout: 60 }],
        }],
      },
    },
  }));
  assert.equal(argv.some((word) => word.includes("bypass")), false);
  assert.equal(
    override(argv, "hooks.PreToolUse"),
    '[{"matcher"="Bash","hooks"=[{"type"="command","command"="echo hi","timeout"=5}]}]',
  );
  assert.equal(
    override(argv, "hooks.SessionEnd"),
    '[{"hooks"=[{"type"="command","command"="${KAS_AGENT_DIR}/x","timeout"=3}]}]',
  );
  // as codex 0.169.0 computes them
  const state = override(argv, "hooks.state") ?? "";
  assert.ok(state.includes(
    '"/<session-flags>/config.toml:stop:0:0"={"trusted_hash"="sha256:' +
      'f2aa169c7a1cf9b7cc9b61ce5ecec0315e0f7d13ac35935b1aa74440f9a839f8"}',
  ));
  assert.ok(state.includes(
    '"/<session-flags>/config.toml:pre_tool_use:0:0"={"trusted_hash"="sha256:' +
      'b98dab5eee824a2bcfee70e81c0883e7226870b4c205cfe7fcd34b86d81322e0"}',
  ));
});

Deno.test("codexHarness.render() gives servers their secrets by name, never by value", async () => {
  await using dirs = await testDirs();
  const { argv, env } = await codexHarness.render(testRequest(dirs, {
    permission: "ask",
    kasServer: null,
    env: { GH: "a secret" },
    parts: {
      mcpServers: {
        notes: { type: "stdio", command: "n", args: ["-x"], env: { TOKEN: "${GH}", MODE: "fast" } },
        far: {
          type: "http",
          url: "https://x",
          headers: { Authorization: "Bearer ${GH}", Accept: "*/*" },
        },
      },
    },
  }));
  assert.equal(argv.join("\n").includes("a secret"), false);
  assert.equal(
    override(argv, "mcp_servers.notes"),
    '{"command"="n","args"=["-x"],"env_vars"=["TOKEN"],"env"={"MODE"="fast"},"startup_timeout_sec"=60}',
  );
  assert.equal(
    override(argv, "mcp_servers.far"),
    '{"url"="https://x","http_headers"={"Accept"="*/*"},' +
      '"env_http_headers"={"Authorization"="KAS_HEADER_FAR_AUTHORIZATION"},"startup_timeout_sec"=60}',
  );
  assert.equal(env["TOKEN"], "a secret");
  assert.equal(env["KAS_HEADER_FAR_AUTHORIZATION"], "Bearer a secret");
});

Deno.test("codexHarness.render() refuses what codex would hand on as it is, or in a wrong way", async () => {
  await using dirs = await testDirs();
  const render = (args: string[], env: Record<string, string>) =>
    codexHarness.render(testRequest(dirs, {
      env: { A: "1", B: "2" },
      parts: { mcpServers: { notes: { type: "stdio", command: "n", args, env } } },
    }));
  const isRefusal = (code: string) => (error: unknown) =>
    error instanceof KasError && error.code === code;
  await assert.rejects(render(["--key=${A}"], {}), isRefusal("runtime_unfit"));
  await assert.rejects(render([], { B: "${A}" }), isRefusal("invalid"));
  await render([], { A: "${A}" });
});

Deno.test("codexHarness.render() maps permissions, and a raw one to sandbox or both", async () => {
  await using dirs = await testDirs();
  const flags = async (changes: Parameters<typeof testRequest>[1]) => {
    const { argv } = await codexHarness.render(testRequest(dirs, changes));
    return [argv[argv.indexOf("-a") + 1], argv[argv.indexOf("-s") + 1]].join("/");
  };
  assert.equal(await flags({ permission: "ask" }), "on-request/read-only");
  assert.equal(await flags({ permission: "auto" }), "on-request/workspace-write");
  assert.equal(await flags({ permission: "yolo" }), "never/danger-full-access");
  assert.equal(
    await flags({ permission: "ask", permissionRaw: "workspace-write" }),
    "on-request/workspace-write",
  );
  assert.equal(
    await flags({ permission: "ask", permissionRaw: "never/read-only" }),
    "never/read-only",
  );
});

Deno.test("codexHarness.render() opens the sandbox for commits under auto, not for hooks", async () => {
  await using dirs = await testDirs();
  const git = async (...args: string[]) => {
    const { success } = await new Deno.Command("git", {
      args: ["-C", dirs.root, "-c", "user.name=T", "-c", "user.email=t@example.invalid", ...args],
      clearEnv: true,
      env: { PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin", HOME: dirs.home },
    }).output();
    assert.ok(success, args.join(" "));
  };
  await git("init", "-q", "-b", "main", "repo");
  await git("-C", "repo", "commit", "-q", "--allow-empty", "-m", "init");
  await git("-C", "repo", "worktree", "add", "-q", "../linked", "-b", "w1");
  const render = (cwd: string) =>
    codexHarness.render(testRequest(dirs, { permission: "auto", cwd }));
  const common = `${await Deno.realPath(dirs.root)}/repo/.git`;

  const { argv } = await render(`${dirs.root}/linked`);
  const at = argv.indexOf("-a");
  assert.deepEqual(argv.slice(at, at + 6), [
    "-a",
    "on-request",
    "-s",
    "workspace-write",
    "-c",
    "sandbox_workspace_write.writable_roots=" +
    JSON.stringify(
      ["worktrees/linked", "objects", "refs", "logs"].map((dir) => `${common}/${dir}`),
    ),
  ]);
  const main = await render(`${dirs.root}/repo`);
  assert.ok(main.argv.includes("sandbox_workspace_write.writable_roots=[]"));
});

Deno.test("stateOfTitle() reads each title codex sets", () => {
  const state = (title: string) => stateOfTitle(title, "host").activity;
  assert.equal(state(""), "starting");
  assert.equal(state("host"), "starting");
  for (const title of ["⠹ mock | cx-a", "⠏ w1"]) assert.equal(state(title), "busy");
  for (const title of ["[ . ] Action Required | mock | cx-a", "[ ! ] Action Required | w1"]) {
    assert.equal(state(title), "asking");
  }
  for (const title of ["cx-a", "mock | cx-a", "Action Required"]) {
    assert.equal(state(title), "idle");
  }
  assert.equal(stateOfTitle("cx-a", "host").evidence, "title: cx-a");
});
