export { default } from "./skills/check.ts";
