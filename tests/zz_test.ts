import { Lab, planText } from "./support/lab.ts";
for (let i=0;i<40;i++) Deno.test("s"+i, async () => {
  await using lab = await Lab.open({ env: { KAS_DEMO_PAUSE_MS: "50" } });
  await lab.buildTask("x", planText([{a:"1"}]), null);
  lab.startDaemon();
  await new Promise(r=>setTimeout(r, 100+Math.random()*900));
  await lab.killDaemon(Math.random()<0.5?"SIGKILL":"SIGTERM");
  lab.startDaemon();
  await lab.untilMerged("x");
  await using tmux = lab.tmux;
  await lab.until("end", async () => (await tmux.list()).length===0);
});
