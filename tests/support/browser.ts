import { type Browser, chromium, type Page } from "playwright-core";
import { readLocalToken } from "../../lib/api/local_token.ts";
import { selfArgv } from "../../lib/self.ts";
import { ADMIN, buildAdmin } from "../../scripts/build_admin.ts";
import { Lab, type LabOptions } from "./lab.ts";

/** A real browser before a real `kas serve`, on a lab of its own. */

/** Where Debian's package and others put the browser. */
const PROGRAMS = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
] as const;
/** Nothing the page shows takes this long on a busy machine; in ms. */
const LIMIT_MS = 30_000;

export interface ViewOptions {
  readonly width?: number;
  readonly height?: number;
  readonly dark?: boolean;
  /** Goes through the one-time link first. @default true */
  readonly login?: boolean;
}

/** A page with what it complained about. */
export interface View extends AsyncDisposable {
  readonly page: Page;
  /** Errors on the console and exceptions, as text. */
  readonly complaints: string[];
}

/** Where the browser is; null when this machine has none. */
export async function findBrowser(): Promise<string | null> {
  const named = Deno.env.get("KAS_TEST_CHROMIUM");
  for (const path of named === undefined ? PROGRAMS : [named]) {
    try {
      if ((await Deno.stat(path)).isFile) return path;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return null;
}

/**
 * Starts the browser with a home of its own, which is its temporary folder too: a part of it that
 * is killed while it ends leaves its files there.
 */
export async function launchBrowser(executablePath: string, home: string): Promise<Browser> {
  const env = { ...Deno.env.toObject(), HOME: home, TMPDIR: home };
  for (const name of ["XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"]) {
    Object.assign(env, { [name]: `${home}/${name}` });
  }
  return await chromium.launch({ executablePath, args: ["--no-sandbox"], env });
}

/** Builds the admin once for all tests of a process; a binary has its own. */
const built = ((): () => Promise<void> => {
  let work: Promise<unknown> | null = null;
  return async () => {
    work ??= buildAdmin(ADMIN);
    await work;
  };
})();

/** A lab, `kas serve` on it, and a browser. */
export class Stage implements AsyncDisposable {
  private constructor(
    readonly lab: Lab,
    readonly url: string,
    readonly browser: Browser,
    private readonly server: Deno.ChildProcess,
  ) {}

  /**
   * Opens it; no daemon runs yet.
   * @param self argv of the kas to serve with; this very program unless told
   * @throws Error when there is no browser
   */
  static async open(options: LabOptions = {}, self = selfArgv()): Promise<Stage> {
    const executablePath = await findBrowser();
    if (executablePath === null) {
      throw new Error(`No browser: install chromium, or name one in KAS_TEST_CHROMIUM`);
    }
    if (self.some((word) => word.endsWith(".ts"))) await built();
    const lab = await Lab.open(options);
    try {
      const server = startServer(lab, self);
      const url = await addressOf(server);
      const browser = await launchBrowser(executablePath, lab.sandbox.root);
      return new Stage(lab, url, browser, server);
    } catch (error) {
      await lab[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** A one-time link for a browser. */
  async loginLink(): Promise<string> {
    const secret = await readLocalToken(this.lab.sandbox.paths);
    const answer = await fetch(`${this.url}/v1/login/codes`, {
      method: "POST",
      headers: { authorization: `Bearer ${secret ?? ""}` },
    });
    const body = await answer.json() as { url: string };
    if (!answer.ok) throw new Error(`No login link: ${JSON.stringify(body)}`);
    return body.url;
  }

  /** A page of its own: no cookie and nothing stored. */
  async view(options: ViewOptions = {}): Promise<View> {
    const { width = 1280, height = 800, dark = false, login = true } = options;
    const context = await this.browser.newContext({
      viewport: { width, height },
      colorScheme: dark ? "dark" : "light",
      reducedMotion: "reduce",
    });
    context.setDefaultTimeout(LIMIT_MS);
    const page = await context.newPage();
    const complaints = watch(page);
    if (login) {
      await page.goto(await this.loginLink());
      await page.getByRole("heading", { name: "Board" }).waitFor({ state: "attached" });
    }
    return { page, complaints, [Symbol.asyncDispose]: () => context.close() };
  }

  /** Ends `kas serve`; nothing happens when it has ended. */
  async stopServer(): Promise<void> {
    try {
      this.server.kill("SIGTERM");
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    }
    await this.server.status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.browser.close();
    await this.stopServer();
    await this.lab[Symbol.asyncDispose]();
  }
}

/** Collects what a page complains about. */
export function watch(page: Page): string[] {
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") {
      complaints.push(`${message.text()} (${message.location().url})`);
    }
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  return complaints;
}

function startServer(lab: Lab, [program = "", ...args]: readonly string[]): Deno.ChildProcess {
  return new Deno.Command(program, {
    args: [...args, "serve", "--port", "0", "--json"],
    cwd: lab.sandbox.repo,
    env: { ...lab.env, NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
}

/** Reads the address that `kas serve` says first, and goes on reading so that it never blocks. */
async function addressOf(server: Deno.ChildProcess): Promise<string> {
  const reader = server.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { value, done } = await reader.read();
    text += value ?? "";
    const found = /"url":\s*"([^"]+)"/.exec(text);
    if (found !== null) {
      void drain(reader);
      return found[1] ?? "";
    }
    if (done) throw new Error(`kas serve ended: ${text}`);
  }
}

async function drain(reader: ReadableStreamDefaultReader<string>): Promise<void> {
  while (!(await reader.read()).done);
}
