import { KasError } from "../errors.ts";
import { type Checked, checkToml, describeFinding, type TomlFinding } from "../toml/check.ts";
import { CONFIG_SHAPE, configSchema, DAEMON_SHAPE, daemonSchema } from "./schema.ts";
import type { ConfigFile, DaemonFile } from "./schema.ts";

export { type Checked, describeFinding };

/** Checks the text of a config.toml. @param file its name, for findings */
export function checkConfig(source: string, file: string): Checked<ConfigFile> {
  return checkToml(source, file, configSchema, CONFIG_SHAPE);
}

/** Checks the text of a daemon.toml. @param file its name, for findings */
export function checkDaemon(source: string, file: string): Checked<DaemonFile> {
  return checkToml(source, file, daemonSchema, DAEMON_SHAPE);
}

/**
 * Makes one error of all that is wrong.
 * @returns KasError "invalid": a line for each error, all findings in the context
 */
export function configError(findings: readonly TomlFinding[]): KasError {
  const errors = findings.filter((finding) => finding.level === "error");
  return new KasError("invalid", errors.map(describeFinding).join("\n"), {
    hint: `Correct the file, or set a key with: kas config set <key> <value>`,
    context: { findings },
  });
}
