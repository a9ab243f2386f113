import { VERSION } from "./lib/version.ts";

const [first = "", second = ""] = Deno.args;

if (Deno.args.length === 1 && /^(--version|-V|version)$/.test(first)) {
  Deno.stdout.writeSync(new TextEncoder().encode(`kas ${VERSION}\n`));
} else if (Deno.args.length === 2 && first === "hook" && !second.startsWith("-")) {
  const { runHook } = await import("./commands/_hook.ts");
  Deno.exit(await runHook(second));
} else {
  // Agents that call agents wait for this one: what it needs is read in one go.
  if (first === "run") await import("./commands/run.ts");
  const { main } = await import("./commands/mod.ts");
  Deno.exit(await main(Deno.args));
}
