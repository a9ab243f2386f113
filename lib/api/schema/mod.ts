import { AGENT_ROUTES } from "./agents.ts";
import { INSTANCE_ROUTES } from "./instances.ts";
import {
  DAEMON_ROUTES,
  HEALTH_ROUTES,
  LOGIN_ROUTES,
  PROJECT_ROUTES,
  TOKEN_ROUTES,
} from "./system.ts";
import { COURSE_ROUTES, FACT_ROUTES } from "./course.ts";
import { LINEAR_ROUTES } from "./linear.ts";
import { LINK_ROUTES } from "./links.ts";
import { CONTENT_ROUTES, TASK_ROUTES } from "./tasks.ts";
import { VIEW_ROUTES } from "./view.ts";
import { AUDIT_ROUTES, DECISION_ROUTES, SIGNAL_ROUTES, WORKTREE_ROUTES } from "./work.ts";

/** Every subject of the API, in the order of its page. */
export const SUBJECTS = {
  tasks: TASK_ROUTES,
  plans: CONTENT_ROUTES,
  lifecycle: COURSE_ROUTES,
  "pull requests": FACT_ROUTES,
  links: { ...LINK_ROUTES, ...LINEAR_ROUTES },
  instances: INSTANCE_ROUTES,
  decisions: DECISION_ROUTES,
  signals: SIGNAL_ROUTES,
  log: AUDIT_ROUTES,
  worktrees: WORKTREE_ROUTES,
  agents: AGENT_ROUTES,
  projects: PROJECT_ROUTES,
  tokens: TOKEN_ROUTES,
  login: LOGIN_ROUTES,
  health: { ...HEALTH_ROUTES, ...VIEW_ROUTES },
  daemon: DAEMON_ROUTES,
} as const;

/** Every route by its key; the type is what the client is made of. */
export const API = {
  ...TASK_ROUTES,
  ...CONTENT_ROUTES,
  ...COURSE_ROUTES,
  ...FACT_ROUTES,
  ...LINK_ROUTES,
  ...LINEAR_ROUTES,
  ...INSTANCE_ROUTES,
  ...DECISION_ROUTES,
  ...SIGNAL_ROUTES,
  ...AUDIT_ROUTES,
  ...WORKTREE_ROUTES,
  ...AGENT_ROUTES,
  ...PROJECT_ROUTES,
  ...TOKEN_ROUTES,
  ...LOGIN_ROUTES,
  ...HEALTH_ROUTES,
  ...VIEW_ROUTES,
  ...DAEMON_ROUTES,
} as const;

/** See {@link API}. */
export type Api = typeof API;
