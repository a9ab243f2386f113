/** Whether a setting is an environment variable of an agent, whose value may be a secret. */
export function setsEnv(key: string): boolean {
  return /^agents\..+\.env(\.|$)/.test(key);
}
