/** Where secrets are kept, and how the system is asked. */
export interface SecretAccess {
  readonly paths: { readonly configDir: string };
  /** Environment of kas: PATH and what a keychain needs are taken from it. */
  readonly hostEnv: Readonly<Record<string, string>>;
}

/** The service under which `kas secret set --keychain` stores. */
export const KAS_SERVICE = "kasmos";

/** Largest secret in bytes: it becomes one variable of an environment. */
export const MAX_SECRET = 64 * 1024;

/** Folder of secrets. */
export function secretsDir({ paths }: SecretAccess): string {
  return `${paths.configDir}/secrets`;
}
