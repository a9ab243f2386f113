/**
 * Prints one table of what kas costs. Ratios are taken in one run, in turns, so that they hold on a
 * slow machine too. Arguments choose parts; without any, all are measured.
 * @module
 */
import { daemon } from "./daemon.ts";
import { engine } from "./engine.ts";
import { http } from "./http.ts";
import { mcp } from "./mcp.ts";
import { paint } from "./paint.ts";
import { reaction } from "./reaction.ts";
import { run } from "./run.ts";
import { signals } from "./signals.ts";
import { startup } from "./startup.ts";
import { type Row, table } from "./stats.ts";
import { type Binary, buildBinary } from "./world.ts";

const PARTS: Readonly<Record<string, (binary: Binary) => Promise<Row[]>>> = {
  startup,
  run,
  mcp,
  http,
  paint,
  signals,
  reaction,
  engine,
  daemon,
};

const wanted = Deno.args.length === 0 ? Object.keys(PARTS) : Deno.args;
const unknown = wanted.filter((name) => PARTS[name] === undefined);
if (unknown.length > 0) {
  console.error(
    `error: Unknown part "${unknown.join(", ")}"; there are ${Object.keys(PARTS).join(", ")}`,
  );
  Deno.exit(2);
}
const rows: Row[] = [];
{
  await using binary = await buildBinary();
  for (const name of wanted) {
    console.error(`measuring ${name} …`);
    rows.push(...(await PARTS[name]?.(binary) ?? []));
  }
}
console.log(table(rows));
if (rows.some((row) => row.met === false)) Deno.exit(1);
