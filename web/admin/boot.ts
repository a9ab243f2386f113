/** Runs before the first paint, so that the page never flashes in the wrong theme. */
import { applyTheme } from "./app/theme_stored.ts";

applyTheme();
