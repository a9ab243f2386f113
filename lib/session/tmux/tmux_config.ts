/**
 * The configuration of kas's own tmux server, applied before the first pane exists and again at
 * each connection. Unknown options of newer tmux releases are skipped (-q).
 */
export const TMUX_CONFIG = `# Written by kas; changes are overwritten
set -s exit-empty off
set -s escape-time 0
set -s focus-events on
set -s default-terminal "tmux-256color"
set -sq terminal-features[99] "*:RGB"
# The message log would keep every command, prompts and environments included
set -s message-limit 0
set -g history-limit 50000
set -g status off
set -g mouse on
set -g set-titles off
set -g destroy-unattached off
# An attaching person's environment must not reach the agents
set -g update-environment ""
set -g remain-on-exit on
set -gq remain-on-exit-format ""
set -g allow-rename off
set -g automatic-rename off
set -g window-size latest
# Commands of a hook notify nobody; those of run-shell do, so a renamed window tells of a dead pane
set-hook -g pane-died "run-shell -b -C 'rename-window -t #{hook_pane} ended'"
`;

const INHERITED = ["PATH", "HOME", "LANG", "SHELL", "USER", "LOGNAME", "TMPDIR"];

/**
 * The clean environment for a tmux server, which every pane inherits: where programs, the home, the
 * locale and temporary files are, and nothing else of `from`.
 */
export function baseEnvironment(from: Record<string, string>): Record<string, string> {
  const env: Record<string, string> = { TERM: "xterm-256color" };
  for (const [name, value] of Object.entries(from)) {
    if (INHERITED.includes(name) || name.startsWith("LC_")) env[name] = value;
  }
  return env;
}
