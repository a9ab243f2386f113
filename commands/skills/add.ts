import { type Command, defineCommand, note, startProgress, tame } from "../../lib/cli/mod.ts";
import { KasError } from "../../lib/errors.ts";
import { quote } from "../../lib/names.ts";
import { selectSkills, type SkillCandidate } from "../../lib/skill/discover.ts";
import { installSkills, planInstall } from "../../lib/skill/install.ts";
import { type OpenSource, openSource } from "../../lib/skill/open_source.ts";
import { parseSource, type SkillSource, withRef } from "../../lib/skill/source.ts";
import { canAsk } from "../_ask.ts";
import { exists } from "../_place.ts";
import { askWhich } from "./_ask.ts";
import {
  homeOptions,
  noteBackups,
  noteSync,
  resolveHome,
  userFolder,
  warnFindings,
} from "./_home.ts";

const command: Command = defineCommand({
  description: "Add skills from a source",
  details:
    "A source is a folder (./skills), owner/repository[/folder][@ref] on GitHub, an address on " +
    "GitHub or GitLab (also /tree/…), a git URL (git+https://…, ssh://…, git@host:path) or the name " +
    "anthropic-skills. The ref that is asked for is remembered, and fetched again by an update. " +
    "Several skills are added all or none.",
  args: {
    place: {
      type: "positional",
      required: false,
      metavar: "source",
      description: "Where the skills are",
    },
    source: { type: "string", metavar: "source", description: "The same as an option" },
    skill: {
      type: "string",
      multiple: true,
      metavar: "name",
      description: "Only this skill",
    },
    all: { type: "boolean", description: "All skills of the source" },
    ref: { type: "string", metavar: "ref", description: "A branch, tag or commit" },
    force: {
      type: "boolean",
      description: "Replace skills that are there; edited ones are kept beside",
    },
    dryRun: { type: "boolean", description: "Say what would be added, and add nothing" },
    ...homeOptions,
  },
  examples: [
    ["kas skills add anthropics/skills --skill pdf --skill docx", "Two skills of a repository"],
    ["kas skills add o/r/skills@v1.2 --all", "All of a folder at a tag"],
    ["kas skills add ./skills/review --user", "A folder, for all of your repositories"],
  ],
  async run(ctx) {
    const { values } = ctx;
    const names = values.skill ?? [];
    if (values.all === true && names.length > 0) {
      throw new KasError("usage", "Cannot use --skill and --all together", {
        hint: "Leave one of them out",
      });
    }
    const source = sourceOf(values.place, values.source, values.ref);
    const home = await resolveHome(values, "add skills there");
    await hintFolder(source, values.place);
    await using open = await fetched(source, ctx.signal);
    const chosen = values.all === true ? open.skills : await choose(open.skills, names, ctx.json);
    const skills = chosen.map((candidate) => ({ candidate, source: open }));
    const options = { force: values.force ?? false, signal: ctx.signal };
    const isDry = values.dryRun === true;
    const changes = await (isDry ? planInstall : installSkills)(home, skills, options);
    for (const { name, findings } of chosen) warnFindings(name, findings);
    const rows = changes.map((change) => ({ ...change, commit: open.commit, added: !isDry }));
    ctx.print(
      rows,
      () =>
        rows.map(({ name, path, replaced }) =>
          `${isDry ? "would " : ""}${verb(replaced, isDry)}: ${name} (${path})`
        ).join("\n"),
    );
    if (ctx.json || isDry) return;
    noteBackups(changes);
    noteSync(home);
  },
});

/** The line about slow work is gone before a question is asked. */
async function fetched(source: SkillSource, signal: AbortSignal): Promise<OpenSource> {
  using _progress = startProgress("fetching the source");
  return await openSource(source, { signal });
}

/** "skills/x" is a repository, although a folder of that name is here. */
async function hintFolder(source: SkillSource, typed: string | undefined): Promise<void> {
  if (source.kind !== "github" || typed === undefined || !(await exists(typed))) return;
  note(
    `Taking ${quote(typed)} as a repository on GitHub; for the folder here write ./${tame(typed)}`,
  );
}

function verb(replaced: boolean, isDry: boolean): string {
  return (replaced ? "replace" : "add") + (isDry ? "" : replaced ? "d" : "ed");
}

function sourceOf(
  positional: string | undefined,
  option: string | undefined,
  ref: string | undefined,
): SkillSource {
  if ((positional === undefined) === (option === undefined)) {
    throw new KasError(
      "usage",
      positional === undefined ? "Missing argument <source>" : "Cannot use two sources at once",
      {
        hint: "Name one source; see kas skills add --help",
      },
    );
  }
  const source = parseSource(positional ?? option ?? "", { home: userFolder(), cwd: Deno.cwd() });
  return ref === undefined ? source : withRef(source, ref);
}

async function choose(
  found: readonly SkillCandidate[],
  names: readonly string[],
  json: boolean,
): Promise<readonly SkillCandidate[]> {
  if (names.length > 0) return selectSkills(found, names);
  if (found.length === 1) return found;
  if (!json && canAsk()) return await askWhich(found);
  const list = found.map(({ name }) => quote(name)).sort().join(", ");
  throw new KasError("usage", `Cannot tell which skills to add: the source has ${list}`, {
    hint: "Name them with --skill, or use --all",
    context: { available: found.map(({ name }) => name) },
  });
}

export default command;
