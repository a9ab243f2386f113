import { defineGroup, type Group } from "../lib/cli/define.ts";

const group: Group = defineGroup({
  description: "Serve the tools of kas to agents over MCP, and register it with their programs",
  details:
    "Agents that kas starts have it already. Without a verb it serves on stdin and stdout; " +
    "it works on the repository of the folder it is started in.",
  examples: [
    ["kas mcp install claude", "Give your own Claude Code the tools"],
    ["kas mcp config gemini", "Print what an installation would add"],
  ],
  fallback: "serve",
  commands: {
    serve: { summary: "Serve on stdin and stdout", load: () => import("./mcp/serve.ts") },
    install: {
      summary: "Register kas with an agent program",
      load: async () => ({ default: (await import("./mcp/install.ts")).install }),
    },
    uninstall: {
      summary: "Take the registration back",
      load: async () => ({ default: (await import("./mcp/install.ts")).uninstall }),
    },
    config: {
      summary: "Print what an installation would add, and where",
      load: async () => ({ default: (await import("./mcp/install.ts")).config }),
    },
  },
});

export default group;
