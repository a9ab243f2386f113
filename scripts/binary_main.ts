/**
 * Entry of the built binary. The modules before main.ts take the launcher's variables out of the
 * environment, so that no child of any command can inherit them.
 * @module
 */
import "../lib/self.ts";
import "./launched.ts";
import "../main.ts";
