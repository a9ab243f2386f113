/** install.sh, against a release that was put together by the scripts that publish one. */
import assert from "node:assert/strict";
import { VERSION } from "../lib/version.ts";
import { archive } from "../scripts/release/archive.ts";
import { sha256 } from "../scripts/release/place.ts";
import { ARCHIVE, HERE, ReleaseSite } from "./support/release_site.ts";

const SHELLS = ["dash", "bash", "zsh", "busybox"] as const;

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}
interface Given {
  readonly shell?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly uid?: number;
  /** The script, when it is another one than the published. */
  readonly script?: string;
}

let site: ReleaseSite;
let published = "";
Deno.test.beforeAll(async () => {
  site = await ReleaseSite.open();
  published = await Deno.readTextFile(`${site.files}/install.sh`);
});
Deno.test.afterAll(() => site[Symbol.asyncDispose]());

/** A user: a home with spaces in its path, and a way to run install.sh as `curl … | sh` does. */
class User implements AsyncDisposable {
  private constructor(readonly home: string) {}

  static async make(): Promise<User> {
    const home = `${await Deno.makeTempDir({ dir: site.dir, prefix: "user " })}/my home`;
    await Deno.mkdir(home);
    await Deno.chmod(home.replace(/\/[^/]*$/, ""), 0o755);
    return new User(home);
  }

  get bin(): string {
    return `${this.home}/.local/bin`;
  }
  get kas(): string {
    return `${this.bin}/kas`;
  }

  async install(args: readonly string[] = [], given: Given = {}): Promise<Outcome> {
    const [program = "", ...words] = given.shell ?? ["sh"];
    const child = new Deno.Command(program, {
      args: [...words, "-s", "--", ...args],
      cwd: this.home,
      clearEnv: true,
      env: {
        PATH: Deno.env.get("PATH") ?? "",
        HOME: this.home,
        DENO_DIR: Deno.env.get("DENO_DIR") ?? `${Deno.env.get("HOME")}/.cache/deno`,
        XDG_RUNTIME_DIR: this.home,
        KASMOS_RELEASES_URL: site.base,
        ...given.env,
      },
      ...given.uid === undefined ? {} : { uid: given.uid, gid: given.uid },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const writer = child.stdin.getWriter();
    try {
      await writer.write(new TextEncoder().encode(given.script ?? published));
      await writer.close();
    } catch (error) {
      // A shell that found an error reads no further.
      if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
    }
    const { code, stdout, stderr } = await child.output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { code, out: text(stdout), err: text(stderr) };
  }

  /** Puts a program called kas where the installer's will be. */
  async place(text: string): Promise<void> {
    await Deno.mkdir(this.bin, { recursive: true });
    await Deno.writeTextFile(this.kas, text, { mode: 0o755 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.home.replace(/\/[^/]*$/, ""), { recursive: true });
  }
}

const OLDER = "#!/bin/sh\necho kas 0.0.1\n";

async function names(folder: string): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(folder))).map((entry) => entry.name).sort();
}

async function has(program: string): Promise<boolean> {
  try {
    return (await new Deno.Command("which", { args: [program], stdout: "null" }).output()).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

async function withInstead(file: string, answer: () => Response, body: () => Promise<void>) {
  site.instead.set(file, answer);
  try {
    await body();
  } finally {
    site.instead.delete(file);
  }
}

for (const name of SHELLS) {
  Deno.test({
    name: `install.sh installs with ${name}, and a second time does nothing`,
    ignore: !await has(name),
    async fn() {
      await using user = await User.make();
      const shell = name === "busybox"
        ? [name, "sh"]
        : name === "zsh"
        ? [name, "--emulate", "sh"]
        : [name];
      const first = await user.install([], { shell });
      assert.equal(first.code, 0, first.err);
      assert.match(first.out, new RegExp(`^Downloading kas ${VERSION} for ${HERE}\n`));
      assert.ok(first.out.includes(`Installed kas ${VERSION} in ${user.bin}\n`));
      assert.ok(first.out.includes(`export PATH="${user.bin}:$PATH"`));
      assert.deepEqual(await names(user.bin), ["kas"]);
      assert.equal(((await Deno.stat(user.kas)).mode ?? 0) & 0o777, 0o755);

      site.asked.length = 0;
      const second = await user.install([], {
        shell,
        env: { PATH: `${user.bin}:${Deno.env.get("PATH")}` },
      });
      assert.deepEqual([second.code, second.out], [
        0,
        `kas ${VERSION} is already in ${user.bin}\n`,
      ]);
      assert.deepEqual(site.asked.filter((path) => path.endsWith(ARCHIVE)), []);
      assert.deepEqual(await names(user.bin), ["kas"]);
    },
  });
}

Deno.test("install.sh works with wget alone, and says what is missing without a downloader", async () => {
  await using user = await User.make();
  const tools = `${user.home}/tools`;
  await Deno.mkdir(tools);
  const link = async (program: string) => {
    const { stdout } = await new Deno.Command("which", { args: [program] }).output();
    const path = new TextDecoder().decode(stdout).trim();
    if (path !== "") await Deno.symlink(path, `${tools}/${program}`);
  };
  const needed =
    "sh uname sed head cut mktemp mkdir rmdir rm mv chmod gzip tar tail find sha256sum shasum cat";
  for (const program of needed.split(" ")) await link(program);
  const without = await user.install([], { env: { PATH: tools } });
  assert.deepEqual([without.code, without.out], [4, ""]);
  assert.match(without.err, /neither curl nor wget is installed\nhint: Install one of them\n/);
  await link("wget");
  const { code, out, err } = await user.install([], { env: { PATH: tools } });
  assert.equal(code, 0, err);
  assert.match(out, /kas needs git, which is not installed\nkas needs tmux, which is not/);
  assert.deepEqual(await names(user.bin), ["kas"]);
});

Deno.test("install.sh replaces an older kas and takes a version and a folder", async () => {
  await using user = await User.make();
  await user.place(OLDER);
  const given = ["--version", `v${VERSION}`];
  assert.equal((await user.install(given)).code, 0);
  assert.notEqual(await Deno.readTextFile(user.kas), OLDER);
  const elsewhere = await user.install([`--version=${VERSION}`, "--dir", "a b/c"]);
  assert.equal(elsewhere.code, 0, elsewhere.err);
  assert.deepEqual(await names(`${user.home}/a b/c`), ["kas"]);
});

Deno.test("install.sh refuses a damaged archive and leaves what was there", async () => {
  const whole = await Deno.readFile(`${site.files}/${ARCHIVE}`);
  const flipped = whole.slice();
  flipped[flipped.length >> 1] = (flipped[flipped.length >> 1] ?? 0) ^ 1;
  const bodies = [flipped, whole.slice(0, -100), new Uint8Array(0)];
  for (const bytes of bodies) {
    await using user = await User.make();
    await user.place(OLDER);
    await withInstead(ARCHIVE, () => new Response(bytes), async () => {
      const { code, err } = await user.install();
      assert.equal(code, 1);
      assert.match(err, /^error: Cannot install kas: ".*" is damaged or not what was released/m);
    });
    assert.equal(await Deno.readTextFile(user.kas), OLDER);
    assert.deepEqual(await names(user.bin), ["kas"]);
  }
});

Deno.test("install.sh refuses a download that breaks off", async () => {
  const whole = await Deno.readFile(`${site.files}/${ARCHIVE}`);
  const broken = () => {
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(whole.slice(0, whole.length >> 1));
        controller.close();
      },
    });
    return new Response(body, { headers: { "content-length": String(whole.length) } });
  };
  await using user = await User.make();
  await withInstead(ARCHIVE, broken, async () => {
    assert.equal((await user.install()).code, 1);
  });
  assert.deepEqual(await names(user.bin), []);
});

Deno.test("install.sh refuses a program that does not start, and one that says it is another one", async () => {
  const made = `${site.dir}/made`;
  await Deno.mkdir(made);
  const cases = [["exit 1", 4, "Cannot run kas"], ["echo kas 0.0.1", 1, "it says it is"]] as const;
  for (const [line, status, message] of cases) {
    await using user = await User.make();
    await Deno.writeTextFile(`${made}/kas`, `#!/bin/sh\n${line}\n`, { mode: 0o755 });
    const path = await archive({
      version: VERSION,
      platform: HERE,
      binary: `${made}/kas`,
      shared: new Map(),
      out: made,
      epoch: 0,
    });
    const sums = `${await sha256(path)}  ${ARCHIVE}\n`;
    const bytes = await Deno.readFile(path);
    await withInstead(
      "checksums.txt",
      () => new Response(sums),
      () =>
        withInstead(ARCHIVE, () => new Response(bytes), async () => {
          const { code, err } = await user.install();
          assert.deepEqual([code, err.includes(message)], [status, true], err);
        }),
    );
    assert.deepEqual(await names(user.bin), []);
  }
});

Deno.test("install.sh says so when there is no such release, no network, and no checksums", async () => {
  await using user = await User.make();
  const absent = await user.install(["--version", "7.7.7"]);
  assert.equal(absent.code, 1);
  assert.match(absent.err, /Cannot download ".*\/download\/v7\.7\.7\/checksums\.txt"\nhint: Check/);
  const offline = await user.install([], { env: { KASMOS_RELEASES_URL: "http://127.0.0.1:1/r" } });
  assert.equal(offline.code, 1);
  assert.match(offline.err, /Cannot download ".*checksums\.txt"\nhint: Check the network/);
  await withInstead("checksums.txt", () => new Response("<html>hello</html>"), async () => {
    const { code, err } = await user.install();
    assert.deepEqual([code, /Cannot find kas for/.test(err)], [1, true]);
  });
  assert.deepEqual(await names(user.bin), []);
});

Deno.test("install.sh explains a folder that cannot be written to", async () => {
  await using user = await User.make();
  await Deno.mkdir(`${user.home}/closed`, { mode: 0o555 });
  const someone = Deno.uid() === 0 ? { uid: 65534 } : {};
  for (const dir of ["closed", "closed/deeper"]) {
    const { code, out, err } = await user.install(["--dir", dir], someone);
    assert.deepEqual([code, out], [1, ""]);
    assert.match(err, /^error: Cannot (write to|make) the folder ".*\/my home\/closed/);
    assert.match(err, /hint: Choose one of yours with --dir\n$/);
  }
  assert.deepEqual(await names(`${user.home}/closed`), []);
});

Deno.test("install.sh that arrives in part does nothing", async () => {
  await using user = await User.make();
  site.asked.length = 0;
  const lengths = Array.from({ length: 24 }, (_, n) => Math.floor(published.length * n / 24));
  for (const length of [...lengths, ...[2, 3, 4, 6, 9, 12].map((n) => published.length - n)]) {
    const { out } = await user.install([], { script: published.slice(0, length) });
    assert.equal(out, "", `after ${length} characters`);
  }
  assert.deepEqual(site.asked, []);
  assert.deepEqual(await names(user.home), []);
});

Deno.test("install.sh does not touch what is not kas", async () => {
  await using user = await User.make();
  const other = "#!/bin/sh\necho the other kas\n";
  await user.place(other);
  for (const args of [[], ["--uninstall"]]) {
    const { code, err } = await user.install(args);
    assert.equal(code, 3);
    assert.match(err, /Cannot touch ".*\/kas": it is not kas/);
    assert.equal(await Deno.readTextFile(user.kas), other);
  }
  await Deno.remove(user.kas);
  await Deno.mkdir(user.kas);
  assert.equal((await user.install()).code, 3);
  assert.deepEqual(await names(user.bin), ["kas"]);
});

Deno.test("install.sh --uninstall removes the program and keeps the settings", async () => {
  await using user = await User.make();
  assert.equal((await user.install()).code, 0);
  await Deno.mkdir(`${user.home}/.config/kasmos`, { recursive: true });
  await Deno.writeTextFile(`${user.home}/.config/kasmos/config.toml`, "");
  const { code, out, err } = await user.install(["--uninstall"]);
  assert.equal(code, 0, err);
  assert.match(out, /daemon not running\nRemoved kas from .*\. Settings and tasks stay in /);
  assert.deepEqual(await names(user.bin), []);
  assert.ok((await Deno.stat(`${user.home}/.config/kasmos/config.toml`)).isFile);
  const again = await user.install(["--uninstall"]);
  assert.deepEqual([again.code, again.out], [0, `kas is not in ${user.bin}\n`]);
});

Deno.test("install.sh refuses wrong usage, and addresses others could answer for", async () => {
  await using user = await User.make();
  const wrong = [["--nonsense"], ["--version"], ["--dir="], ["--version", "1/../2"], ["x"]];
  for (const args of wrong) {
    const { code, err } = await user.install(args);
    assert.deepEqual([code, err.startsWith("error: Cannot ")], [2, true], args.join(" "));
  }
  for (
    const url of ["http://example.org/r", "ftp://127.0.0.1/r", "http://localhost:x@example.org/"]
  ) {
    assert.equal((await user.install([], { env: { KASMOS_RELEASES_URL: url } })).code, 3, url);
  }
  const homeless = await user.install([], { env: { HOME: "" } });
  assert.deepEqual([homeless.code, /HOME is not set/.test(homeless.err)], [2, true]);
  const help = await user.install(["--help"]);
  assert.deepEqual([help.code, help.err], [0, ""]);
  assert.match(help.out, /--uninstall/);
});

Deno.test("install.sh knows the releases of its repository only when a release wrote them into it", async () => {
  await using user = await User.make();
  assert.match(published, /^releases_url='https:\/\/github\.com\/Some-One\/kas\/releases'$/m);
  const script = await Deno.readTextFile(new URL("../install.sh", import.meta.url));
  const { code, err } = await user.install([], { script, env: { KASMOS_RELEASES_URL: "" } });
  assert.equal(code, 2);
  assert.match(err, /this copy of install\.sh is not from one\nhint: Set KASMOS_RELEASES_URL/);
});
