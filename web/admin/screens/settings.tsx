import type { JSX } from "preact";
import { pathOf, SETTINGS_TABS, type SettingsTab } from "../pure/route.ts";
import { ConfigTab } from "../settings/config.tsx";
import { HealthTab } from "../settings/health.tsx";
import { ProjectsTab } from "../settings/projects.tsx";
import { TokensTab } from "../settings/tokens.tsx";
import { Tabs } from "../ui/bits.tsx";

/** Repositories, settings, tokens, health. */

const NAMES: Readonly<Record<SettingsTab, string>> = {
  projects: "Projects",
  config: "Configuration",
  tokens: "Tokens",
  health: "Health",
};

/** The screen. */
export default function Settings({ tab }: { tab: SettingsTab }): JSX.Element {
  return (
    <div class="page">
      <h1>Settings</h1>
      <Tabs
        label="Settings"
        current={tab}
        href={(to) => pathOf({ screen: "settings", tab: to })}
        tabs={SETTINGS_TABS.map((id) => ({ id, text: NAMES[id] }))}
      />
      <div class="block">
        {tab === "projects" && <ProjectsTab />}
        {tab === "config" && <ConfigTab />}
        {tab === "tokens" && <TokensTab />}
        {tab === "health" && <HealthTab />}
      </div>
    </div>
  );
}
