/**
 * Words of the MCP Apps extension, by which a chat finds the page for the result of a tool.
 * @see https://github.com/modelcontextprotocol/ext-apps (stable version 2026-01-26)
 */

/** Address of the page. */
export const MONITOR_URI = "ui://kas/monitor";
export const UI_MIME_TYPE = "text/html;profile=mcp-app";

/** What the resource asks of the chat: no network, no rights, and a border around it. */
export const MONITOR_META = {
  ui: {
    csp: { connectDomains: [], resourceDomains: [], frameDomains: [], baseUriDomains: [] },
    prefersBorder: true,
  },
} as const;

/** `_meta` of a tool whose result the page shows. @param visibility who may call it */
export function uiMeta(visibility: readonly ("model" | "app")[]): Record<string, unknown> {
  return { ui: { resourceUri: MONITOR_URI, visibility } };
}
