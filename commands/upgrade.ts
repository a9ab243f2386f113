import { type Command, defineCommand } from "../lib/cli/mod.ts";
import { startProgress, tell } from "../lib/cli/progress.ts";
import { requirePerson } from "./_shared.ts";

/** `kas upgrade` */
const command: Command = defineCommand({
  description: "Replace this program by a newer one",
  details:
    "Fetches the newest release for this machine, checks its checksum, starts it once, and puts " +
    "it in the place of this program; the one before stays beside it as kas.old. Kas that came with a " +
    "package manager, or that runs from its sources, is upgraded there. KASMOS_RELEASES_URL names " +
    "another place of releases.",
  args: {
    check: {
      type: "boolean",
      description: "Only say whether there is a newer one; status 1 if so",
    },
    version: { type: "string", metavar: "v", description: "This version, also an older one" },
  },
  examples: [
    ["kas upgrade --check", "Is there a newer one?"],
    ["kas upgrade", "Take it"],
    ["kas upgrade --version 0.1.0", "Go back to that one"],
  ],
  async run(ctx) {
    const { selfArgv } = await import("../lib/self.ts");
    const { VERSION } = await import("../lib/version.ts");
    const { ownPlatform, releasesUrl } = await import("../lib/upkeep/release.ts");
    const { ownFile, planUpgrade, upgrade } = await import("../lib/upkeep/upgrade.ts");
    const check = ctx.values.check === true;
    if (!check) {
      requirePerson("upgrade kas");
      await ownFile(selfArgv());
    }
    const options = {
      program: selfArgv(),
      current: VERSION,
      base: releasesUrl(Deno.env.toObject()),
      wanted: ctx.values.version ?? null,
      platform: ownPlatform(),
    };
    const plan = await planUpgrade(options);
    const { release, needed, current } = plan;
    if (check || !needed) {
      ctx.print(
        { current, available: release.version, needed },
        () =>
          needed
            ? `kas ${release.version} is there; this is ${current}`
            : `kas ${current} is in place`,
      );
      return check && needed ? 1 : 0;
    }
    using progress = startProgress(`fetching ${release.archive}`);
    const done = await upgrade(options, plan);
    progress[Symbol.dispose]();
    ctx.print(done, ({ from, to, path }) => `upgraded: ${path} from ${from} to ${to}`);
    tell(`the one before is ${done.kept}`);
    tell('what runs is still the old one. Services: "kas service install" restarts them');
    tell('else "kas daemon stop", then "kas daemon start"; agents keep running');
    return 0;
  },
});

export default command;
