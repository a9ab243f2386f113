import { AGENT_TOOLS } from "./tools_agents.ts";
import { DOCS_TOOLS } from "./tools_docs.ts";
import { FILE_TOOLS } from "./tools_files.ts";
import { GIT_TOOLS } from "./tools_git.ts";
import { INSTANCE_TOOLS } from "./tools_instances.ts";
import { STATUS_TOOLS } from "./tools_status.ts";
import { TASK_TOOLS } from "./tools_tasks.ts";
import type { Tool } from "./types.ts";

/** All tools, over stdio and HTTP alike. Names and arguments are a contract: add, never rename. */
export const TOOLS: readonly Tool[] = [
  ...TASK_TOOLS,
  ...AGENT_TOOLS,
  ...FILE_TOOLS,
  ...GIT_TOOLS,
  ...INSTANCE_TOOLS,
  ...STATUS_TOOLS,
  ...DOCS_TOOLS,
];
