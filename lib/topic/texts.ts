/** Texts of the pages of `kas help`, carried inside the program. Load it only to show one. */
import agents from "./pages/agents.md" with { type: "text" };
import environment from "./pages/environment.md" with { type: "text" };
import exitCodes from "./pages/exit-codes.md" with { type: "text" };
import gettingStarted from "./pages/getting-started.md" with { type: "text" };
import mcp from "./pages/mcp.md" with { type: "text" };
import plans from "./pages/plans.md" with { type: "text" };
import remote from "./pages/remote.md" with { type: "text" };
import review from "./pages/review.md" with { type: "text" };
import services from "./pages/services.md" with { type: "text" };
import skills from "./pages/skills.md" with { type: "text" };
import troubleshooting from "./pages/troubleshooting.md" with { type: "text" };
import waves from "./pages/waves.md" with { type: "text" };

/** Each page by its name. */
export const PAGES: Readonly<Record<string, string>> = {
  agents,
  environment,
  "exit-codes": exitCodes,
  "getting-started": gettingStarted,
  mcp,
  plans,
  remote,
  review,
  services,
  skills,
  troubleshooting,
  waves,
};
