/** kas's own tmux server: one session for each agent. */
export { requireTmux } from "./tmux_version.ts";
export { type CaptureOptions, type Started, type StartOptions, TmuxServer } from "./tmux_server.ts";
export type { ConnectionOptions as TmuxServerOptions } from "./connection.ts";
export type { PaneInfo } from "./panes.ts";
export { EXIT_ALREADY_STARTED, EXIT_CANNOT_PREPARE, isVariableName } from "./launch.ts";
