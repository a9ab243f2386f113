import assert from "node:assert/strict";
import { KasError } from "../../errors.ts";
import { ControlClient } from "./control_client.ts";

Deno.test("ControlClient says why tmux went away", async () => {
  const dir = await Deno.makeTempDir({ prefix: "kas-tmux-" });
  const client = ControlClient.spawn({
    args: ["-S", `${dir}/s`, "-f", "/dev/null", "-C", "new-session", "--", "sleep", "300"],
    env: { PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin", LANG: "C.UTF-8", TERM: "xterm" },
    onNotice: () => {},
    onEnd: () => {},
  });
  try {
    const { text } = await client.request(["display-message", "-p", "#{pid}"]);
    // stopped, it takes the question and cannot answer before it is killed
    Deno.kill(Number(text), "SIGSTOP");
    const asked = client.request(["list-sessions"]);
    Deno.kill(Number(text), "SIGKILL");
    await assert.rejects(asked, (error) => {
      assert.ok(error instanceof KasError);
      assert.match(error.message, /^Lost the connection to tmux: (?:server exited|lost server)/);
      return true;
    });
  } finally {
    await client.close();
    await Deno.remove(dir, { recursive: true });
  }
});
