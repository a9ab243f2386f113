import assert from "node:assert/strict";
import { KasError } from "../errors.ts";
import { homeOf, hostEnvironment, pickEnv } from "./env.ts";

Deno.test("hostEnvironment() keeps what is allowed and nothing else", () => {
  const host = {
    PATH: "/bin",
    HOME: "/h",
    LC_ALL: "C",
    XDG_RUNTIME_DIR: "/run/u",
    https_proxy: "http://p",
    OPENAI_API_KEY: "k",
    TERM: "xterm-kitty",
    TMUX: "/tmp/tmux",
    AWS_SECRET_ACCESS_KEY: "s",
    DATABASE_URL: "d",
    LD_PRELOAD: "evil.so",
  };
  assert.deepEqual(hostEnvironment(host, ["OPENAI_*"]), {
    PATH: "/bin",
    HOME: "/h",
    LC_ALL: "C",
    XDG_RUNTIME_DIR: "/run/u",
    https_proxy: "http://p",
    OPENAI_API_KEY: "k",
  });
});

Deno.test("pickEnv() takes a name without a star as a whole name", () => {
  assert.deepEqual(pickEnv({ HOME: "a", HOMEPAGE: "b" }, ["HOME"]), { HOME: "a" });
});

Deno.test("homeOf() refuses an environment without HOME", () => {
  assert.throws(() => homeOf({}), (error) => error instanceof KasError && error.code === "invalid");
});
