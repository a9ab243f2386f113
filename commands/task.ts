import { defineGroup, type Group } from "../lib/cli/define.ts";

const content = () => import("./task/content.ts");
const move = () => import("./task/move.ts");
const ship = () => import("./task/ship.ts");
const edit = () => import("./task/edit.ts");

const group: Group = defineGroup({
  description: "Create tasks and move them through their life",
  details:
    "A task is named by its name; a final .md is dropped. Every command works in any folder " +
    "of the repository or of its worktrees.",
  examples: [
    ["kas task create add-login --content-file plan.md", "Make a task from a plan"],
    ["kas task start add-login", "Let agents work on it"],
    ["kas task list --status implementing,reviewing", "See what is under way"],
  ],
  commands: {
    list: { summary: "List tasks", aliases: ["ls"], load: () => import("./task/list.ts") },
    show: { summary: "Print the plan of a task", load: () => import("./task/show.ts") },
    create: {
      summary: "Make a task",
      load: async () => ({ default: (await content()).create }),
    },
    register: {
      summary: "Make a task from a plan file",
      load: async () => ({ default: (await content()).register }),
    },
    "update-content": {
      summary: "Store a new plan from stdin",
      load: async () => ({ default: (await content()).updateContent }),
    },
    check: { summary: "Say what is wrong with a plan file", load: () => import("./task/check.ts") },
    start: { summary: "Let agents work", load: async () => ({ default: (await move()).start }) },
    implement: {
      summary: "Start the implementation",
      load: async () => ({ default: (await move()).implement }),
    },
    transition: {
      summary: "Apply one event of the lifecycle",
      load: async () => ({ default: (await move()).transition }),
    },
    "set-status": {
      summary: "Set a status past the lifecycle",
      load: async () => ({ default: (await move()).setStatus }),
    },
    recover: {
      summary: "Report for an agent that did not",
      load: async () => ({ default: (await move()).recover }),
    },
    "start-over": {
      summary: "Plan anew on a fresh branch",
      load: async () => ({ default: (await move()).startOver }),
    },
    push: {
      summary: "Commit and push the branch",
      load: async () => ({ default: (await ship()).push }),
    },
    merge: {
      summary: "Merge a verified task into its base",
      load: async () => ({ default: (await ship()).merge }),
    },
    rename: {
      summary: "Give a task another name",
      load: async () => ({ default: (await edit()).rename }),
    },
    topic: {
      summary: "Set or clear the topic",
      load: async () => ({ default: (await edit()).topic }),
    },
    delete: {
      summary: "Delete a task; its branch stays",
      load: async () => ({ default: (await edit()).remove }),
    },
    rescue: {
      summary: "List and restore work that was saved",
      load: () => import("./task/rescue.ts"),
    },
  },
});

export default group;
