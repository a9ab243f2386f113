import { KasError } from "../../errors.ts";
import { defineCommand, defineGroup, type Group } from "../define.ts";
import { note, writeOut } from "../output.ts";
import { runCli } from "../run.ts";

const events: Group = defineGroup({
  description: "Watch events",
  fallback: "follow",
  commands: {
    follow: defineCommand({
      description: "Follow events",
      args: { kind: { type: "string", multiple: true } },
      run: (ctx) => ctx.print({ path: ctx.path, kind: ctx.values.kind ?? [] }, JSON.stringify),
    }),
    status: defineCommand({
      description: "Show a summary",
      run: (ctx) => ctx.print(ctx.path, (path) => path),
    }),
  },
});

const root: Group = defineGroup({
  description: "A program for tests",
  commands: {
    events: {
      summary: "Watch events",
      aliases: ["ev"],
      load: () => Promise.resolve({ default: events }),
    },
    broken: { summary: "Never loaded", load: () => Promise.reject(new Error("loaded")) },
    secret: defineCommand({
      description: "Hidden",
      hidden: true,
      run: (ctx) => ctx.print(ctx.style.red("found"), (text) => text),
    }),
    fail: defineCommand({
      description: "Fail",
      args: { how: { type: "positional", choices: ["guard", "bug"] } },
      run(ctx) {
        if (ctx.values.how === "bug") throw new TypeError("Cannot read x");
        throw new KasError("guard", "Cannot do \x1b[31mit", { hint: "Do that", context: { n: 1 } });
      },
    }),
    flood: defineCommand({
      description: "Write without end",
      run() {
        while (true) writeOut("x".repeat(65_536));
      },
    }),
    wait: defineCommand({
      description: "Wait for an interrupt",
      async run(ctx) {
        const aborted = new Promise((_, reject) =>
          ctx.signal.addEventListener("abort", () => reject(ctx.signal.reason))
        );
        const alive = setInterval(() => {}, 1000);
        note("ready");
        try {
          await aborted;
        } finally {
          clearInterval(alive);
          note("cleaned up");
        }
      },
    }),
  },
});

Deno.exit(await runCli(root, Deno.args, "prog"));
