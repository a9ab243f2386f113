import { defineGroup, type Group } from "../lib/cli/define.ts";

const edit = () => import("./agent/edit.ts");
const move = () => import("./agent/move.ts");
const show = () => import("./agent/show.ts");
const transfer = () => import("./agent/transfer.ts");

const group: Group = defineGroup({
  description: "Make, see and change agents",
  details:
    "An agent is a folder: its settings, its system prompt, skills, hooks, MCP servers. Of one " +
    "name the project's wins over yours, and yours over the built-in one.",
  examples: [
    ["kas agent create scout --runtime claude --soul scout.md", "Make one"],
    ["kas agent show scout", "What it is, and what is wrong with it"],
    ["kas agent import ~/.kman/agents/scout", "Take one over"],
  ],
  commands: {
    list: {
      summary: "List agents",
      aliases: ["ls"],
      load: async () => ({ default: (await show()).list }),
    },
    show: {
      summary: "Print everything about an agent",
      load: async () => ({ default: (await show()).show }),
    },
    path: {
      summary: "Print the folder of an agent",
      load: async () => ({ default: (await show()).path }),
    },
    create: { summary: "Make an agent", load: () => import("./agent/create.ts") },
    edit: { summary: "Change an agent", load: async () => ({ default: (await edit()).edit }) },
    rename: {
      summary: "Give an agent another name",
      load: async () => ({ default: (await move()).rename }),
    },
    delete: {
      summary: "Delete an agent",
      aliases: ["rm"],
      load: async () => ({ default: (await move()).remove }),
    },
    import: {
      summary: "Take over an agent's folder",
      load: async () => ({ default: (await transfer()).importCommand }),
    },
    export: {
      summary: "Copy an agent into a folder",
      load: async () => ({ default: (await transfer()).exportCommand }),
    },
  },
});

export default group;
