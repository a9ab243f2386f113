import { defineGroup, type Group } from "../lib/cli/define.ts";

const view = () => import("./instance/view.ts");
const control = () => import("./instance/control.ts");
const talk = () => import("./instance/talk.ts");

const group: Group = defineGroup({
  description: "See and steer the agents that run",
  details: "An instance is named by its title, a part of it that fits only one, or its number.",
  examples: [
    ["kas instance list", "What runs"],
    ["kas instance attach add-login-W1-T2", "Look over an agent's shoulder"],
  ],
  commands: {
    list: { summary: "List instances", aliases: ["ls"], load: () => import("./instance/list.ts") },
    status: {
      summary: "Count instances by status",
      load: async () => ({ default: (await import("./instance/list.ts")).status }),
    },
    show: {
      summary: "Print everything about an instance",
      load: async () => ({ default: (await view()).show }),
    },
    capture: {
      summary: "Print the screen of an instance",
      load: async () => ({ default: (await view()).capture }),
    },
    turns: {
      summary: "Print what an instance did, turn by turn",
      load: async () => ({ default: (await import("./instance/turns.ts")).turns }),
    },
    attach: {
      summary: "Show an instance in this terminal",
      load: async () => ({ default: (await view()).attach }),
    },
    send: {
      summary: "Type a prompt into an instance",
      load: async () => ({ default: (await talk()).send }),
    },
    interrupt: {
      summary: "Press the keys that interrupt an agent",
      load: async () => ({ default: (await talk()).interrupt }),
    },
    permission: {
      summary: "Answer the permission question of an agent",
      load: () => import("./instance/permission.ts"),
    },
    pause: {
      summary: "Stop an agent and keep its place",
      load: async () => ({ default: (await control()).pause }),
    },
    resume: {
      summary: "Go on with a paused instance",
      load: async () => ({ default: (await control()).resume }),
    },
    restart: {
      summary: "End an agent and start its work again",
      load: async () => ({ default: (await control()).restart }),
    },
    kill: {
      summary: "End an agent for good",
      load: async () => ({ default: (await control()).kill }),
    },
  },
});

export default group;
