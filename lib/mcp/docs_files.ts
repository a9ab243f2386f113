/**
 * The documentation, carried inside the program. Load it only when somebody reads it.
 * @module
 */
import admin from "../../docs/admin.md" with { type: "text" };
import agents from "../../docs/agents.md" with { type: "text" };
import architecture from "../../docs/architecture.md" with { type: "text" };
import cli from "../../docs/cli.md" with { type: "text" };
import completions from "../../docs/completions.md" with { type: "text" };
import concepts from "../../docs/concepts.md" with { type: "text" };
import configuration from "../../docs/configuration.md" with { type: "text" };
import dependencies from "../../docs/dependencies.md" with { type: "text" };
import exitCodes from "../../docs/exit-codes.md" with { type: "text" };
import filesAndEnvironment from "../../docs/files-and-environment.md" with { type: "text" };
import gettingStarted from "../../docs/getting-started.md" with { type: "text" };
import httpApi from "../../docs/http-api.md" with { type: "text" };
import install from "../../docs/install.md" with { type: "text" };
import linear from "../../docs/linear.md" with { type: "text" };
import mcp from "../../docs/mcp.md" with { type: "text" };
import migratingFromKasmos from "../../docs/migrating-from-kasmos.md" with { type: "text" };
import migratingFromKman from "../../docs/migrating-from-kman.md" with { type: "text" };
import plans from "../../docs/plans.md" with { type: "text" };
import remoteAccess from "../../docs/remote-access.md" with { type: "text" };
import review from "../../docs/review.md" with { type: "text" };
import runningAgents from "../../docs/running-agents.md" with { type: "text" };
import security from "../../docs/security.md" with { type: "text" };
import services from "../../docs/services.md" with { type: "text" };
import setup from "../../docs/setup.md" with { type: "text" };
import signals from "../../docs/signals.md" with { type: "text" };
import skills from "../../docs/skills.md" with { type: "text" };
import troubleshooting from "../../docs/troubleshooting.md" with { type: "text" };
import uninstall from "../../docs/uninstall.md" with { type: "text" };
import waves from "../../docs/waves.md" with { type: "text" };

/** Each page by its name, which is that of its file. */
export const DOCS: Readonly<Record<string, string>> = {
  admin,
  agents,
  architecture,
  cli,
  completions,
  concepts,
  configuration,
  dependencies,
  "exit-codes": exitCodes,
  "files-and-environment": filesAndEnvironment,
  "getting-started": gettingStarted,
  "http-api": httpApi,
  install,
  linear,
  mcp,
  "migrating-from-kasmos": migratingFromKasmos,
  "migrating-from-kman": migratingFromKman,
  plans,
  "remote-access": remoteAccess,
  review,
  "running-agents": runningAgents,
  security,
  services,
  setup,
  signals,
  skills,
  troubleshooting,
  uninstall,
  waves,
};
