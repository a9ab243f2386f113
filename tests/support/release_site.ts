import { archiveName, CHECKSUMS_FILE, type Platform, platformOf } from "../../lib/release.ts";
import { VERSION } from "../../lib/version.ts";
import { assemble } from "../../scripts/release/assemble.ts";
import { ROOT } from "../../scripts/run.ts";

/** The platform of this machine; tests of releases run where there is one. */
export const HERE: Platform = platformOf(Deno.build) ?? "linux-x64";
export const ARCHIVE: string = archiveName(VERSION, HERE);

/**
 * A release of this very kas, put together by the scripts of the release, on a local server that
 * answers as a releases page does. The program is KAS_BIN, or a script that runs kas from its sources.
 */
export class ReleaseSite implements AsyncDisposable {
  /** Paths that were asked for. */
  readonly asked: string[] = [];
  /** Answers of its own for a file, such as a damaged one. */
  readonly instead = new Map<string, () => Response>();

  private constructor(
    readonly dir: string,
    readonly files: string,
    readonly sums: ReadonlyMap<string, string>,
    readonly npm: string,
    private server: Deno.HttpServer<Deno.NetAddr> | null,
  ) {}

  /** Address of the releases. */
  get base(): string {
    return `http://127.0.0.1:${this.server?.addr.port ?? 1}/releases`;
  }

  static async open(): Promise<ReleaseSite> {
    const dir = await Deno.realPath(await Deno.makeTempDir({ prefix: "kas release " }));
    // As open as /tmp: one test plays another user.
    await Deno.chmod(dir, 0o755);
    const binary = Deno.env.get("KAS_BIN") ?? await sourceProgram(`${dir}/program`);
    const sums = await assemble({
      repository: { owner: "Some-One", name: "kas" },
      binaries: new Map([[HERE, await Deno.realPath(binary)]]),
      shared: new Map([["LICENSE", await Deno.readTextFile(`${ROOT}/LICENSE`)]]),
      out: `${dir}/release`,
      npm: `${dir}/npm`,
    });
    const site = new ReleaseSite(dir, `${dir}/release`, sums, `${dir}/npm`, null);
    site.server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      (request) => site.answer(new URL(request.url).pathname),
    );
    return site;
  }

  private async answer(path: string): Promise<Response> {
    this.asked.push(path);
    const [, release, file = ""] = /^\/releases\/(latest\/download|download\/[^/]+)\/([^/]+)$/
      .exec(path) ?? [];
    if (release === "latest/download") {
      return Response.redirect(`${this.base}/download/v${VERSION}/${file}`, 302);
    }
    const known = release === `download/v${VERSION}` &&
      (this.sums.has(file) || file === CHECKSUMS_FILE);
    if (!known) return new Response("not found", { status: 404 });
    return this.instead.get(file)?.() ?? new Response(await Deno.readFile(`${this.files}/${file}`));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server?.shutdown();
    await Deno.remove(this.dir, { recursive: true });
  }
}

async function sourceProgram(path: string): Promise<string> {
  const words = [Deno.execPath(), "run", "-A", "--quiet", `${ROOT}/main.ts`];
  const quoted = words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
  await Deno.writeTextFile(path, `#!/bin/sh\nexec ${quoted} "$@"\n`, { mode: 0o755 });
  return path;
}
