import { storeContract } from "../contract.ts";
import { openStore } from "../mod.ts";

const folder = Deno.makeTempDirSync();
Deno.test.afterAll(() => Deno.removeSync(folder, { recursive: true }));

storeContract("sqlite", () => openStore(`${folder}/store.db`));
