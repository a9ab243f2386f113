import { defineGroup, type Group } from "../lib/cli/define.ts";

const group: Group = defineGroup({
  description:
    "Add skills from repositories and folders, keep them up to date, show them to agents",
  details:
    "A skill is a folder with a SKILL.md. It belongs to the project (.agents/skills), to you " +
    "(~/.agents/skills) or to one agent (-a).",
  examples: [
    ["kas skills add anthropics/skills --skill pdf", "Add a skill to the project"],
    ["kas skills add ./my-skills --all -a coder", "Give an agent all skills of a folder"],
    ["kas skills update --all", "Fetch what is new"],
    ["kas skills sync", "Make every agent CLI see them"],
  ],
  commands: {
    add: { summary: "Add skills from a source", load: () => import("./skills/add.ts") },
    list: {
      summary: "List the skills of a place",
      aliases: ["ls"],
      load: () => import("./skills/list.ts"),
    },
    show: {
      summary: "Show one skill, and where it is from",
      load: () => import("./skills/show.ts"),
    },
    update: { summary: "Bring skills up to date", load: () => import("./skills/update.ts") },
    remove: {
      summary: "Remove skills",
      aliases: ["rm"],
      load: () => import("./skills/remove.ts"),
    },
    detach: {
      summary: "Keep a skill, but no longer update it",
      load: () => import("./skills/detach.ts"),
    },
    sync: {
      summary: "Make every agent CLI see the skills",
      load: () => import("./skills/sync.ts"),
    },
    check: {
      summary: "Check that every agent CLI sees the skills",
      load: () => import("./skills/check.ts"),
    },
  },
});

export default group;
