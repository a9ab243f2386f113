#!/usr/bin/env node
// Starts the program of this platform, which is in a package of its own, and becomes as good as it:
// same arguments, streams, signals and exit status.
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { constants } from "node:os";

const SYSTEMS = { linux: "linux", darwin: "macos", win32: "windows" };
const platform = `${SYSTEMS[process.platform] ?? process.platform}-${process.arch}`;
const program = process.platform === "win32" ? "kas.exe" : "kas";

let path;
try {
  path = createRequire(import.meta.url).resolve(`@scope@/kas-${platform}/${program}`);
} catch {
  console.error(`error: Cannot find the program of kas for ${platform}`);
  console.error(
    "hint: Install without --omit=optional; there are packages for Linux and macOS (x64, arm64) and Windows (x64)",
  );
  process.exit(4);
}

let child;
// Before the program starts: a signal that comes meanwhile must not end this process alone.
for (const signal of ["SIGHUP", "SIGINT", "SIGTERM", "SIGQUIT"]) {
  // A terminal tells both; whoever is told alone hands it on, and the child decides when to end.
  process.on(signal, () => child?.kill(signal));
}
child = spawn(path, process.argv.slice(2), { stdio: "inherit" });
child.on("error", (error) => {
  console.error(`error: Cannot start ${path}: ${error.message}`);
  process.exit(4);
});
child.on("exit", (code, signal) => {
  process.exit(code ?? 128 + (constants.signals[signal] ?? 1));
});
