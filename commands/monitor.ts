import { defineGroup, type Group } from "../lib/cli/define.ts";

const group: Group = defineGroup({
  description: "Follow what happens, live",
  fallback: "follow",
  commands: {
    follow: {
      summary: "Print events as they happen",
      load: () => import("./monitor/follow.ts"),
    },
    status: {
      summary: "Print what is going on now",
      load: () => import("./monitor/snapshot.ts"),
    },
    widget: {
      summary: "Write the monitor as a page for a browser",
      load: () => import("./monitor/widget.ts"),
    },
    bundle: {
      summary: "Write the page's parts for programs that embed it",
      load: () => import("./monitor/bundle.ts"),
    },
  },
});

export default group;
