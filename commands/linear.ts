import { defineGroup, type Group } from "../lib/cli/define.ts";

const group: Group = defineGroup({
  description: "See what Linear has kas do",
  details: "Comments and labels in Linear can make, plan and start tasks, when you turn it on.",
  commands: {
    webhook: {
      summary: "See the webhook that Linear calls",
      load: () => import("./linear/webhook.ts"),
    },
  },
});

export default group;
