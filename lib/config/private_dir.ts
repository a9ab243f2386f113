export { ensurePrivateDir } from "../files/private_dir.ts";
