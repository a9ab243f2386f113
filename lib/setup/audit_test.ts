import assert from "node:assert/strict";
import { inRepo, type Repo } from "./_testing.ts";
import { auditScaffold } from "./audit.ts";

async function wrong(repo: Repo): Promise<string[]> {
  const rows = await auditScaffold(await repo.facts());
  return rows.filter(({ state }) => state !== "synced").map(({ skill, state }) =>
    `${state} ${skill}`
  )
    .sort();
}

Deno.test("auditScaffold() finds nothing wrong after setup, and nothing at all before", () =>
  inRepo(async (repo) => {
    assert.deepEqual(await auditScaffold(await repo.facts()), []);
    await repo.setup();
    assert.deepEqual(await wrong(repo), []);
    assert.ok((await auditScaffold(await repo.facts())).length > 30);
  }));

Deno.test("auditScaffold() compares content", () =>
  inRepo(async (repo) => {
    await repo.setup();
    await repo.write(".agents/skills/kas-cli/SKILL.md", "edited\n");
    await Deno.remove(`${repo.root}/.claude/skills/kas-coder`);
    await Deno.remove(`${repo.root}/AGENTS.md`);
    await repo.write(".mcp.json", "{");
    await repo.write(".claude/settings.json", "{}\n");
    assert.deepEqual(await wrong(repo), [
      "broken .mcp.json (mcpServers.kasmos)",
      "edited .agents/skills/kas-cli/SKILL.md",
      "missing .claude/settings.json (enabledMcpjsonServers[])",
      "missing .claude/settings.json (permissions.allow[])",
      "missing .claude/skills/kas-coder",
      "missing AGENTS.md (section)",
    ]);
  }));

Deno.test("auditScaffold() finds what is outdated and what nobody wants any more", () =>
  inRepo(async (repo) => {
    await repo.setup();
    const { hashOf, manifestText, parseManifest } = await import("./manifest.ts");
    const manifest = parseManifest(await repo.read(".kasmos/setup.json"), "x");
    const path = ".agents/skills/kas-cli/SKILL.md";
    await repo.write(path, "old\n");
    const hash = await hashOf("old\n");
    const entries = manifest.entries.map((entry) =>
      entry.path === path ? { ...entry, hash } : entry
    );
    const parts = manifest.parts.filter((part) => part !== "instructions");
    await repo.write(".kasmos/setup.json", manifestText({ ...manifest, parts, entries }));
    assert.deepEqual(await wrong(repo), [
      "orphan AGENTS.md (section)",
      "orphan CLAUDE.md (section)",
      `outdated ${path}`,
    ]);
  }));
