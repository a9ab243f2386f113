import { VERSION } from "./lib/version.ts";

if (Deno.args.length === 1 && /^(--version|-V|version)$/.test(Deno.args[0] ?? "")) {
  Deno.stdout.writeSync(new TextEncoder().encode(`kas ${VERSION}\n`));
} else {
  const { main } = await import("./commands/mod.ts");
  Deno.exit(await main(Deno.args));
}
