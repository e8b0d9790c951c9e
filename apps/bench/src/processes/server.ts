import { answer } from "../answer.ts";
import { cases } from "../cases.ts";
import { contenderNamed } from "../contenders.ts";
import { cpuTime } from "../cpu-time.ts";

const [name = "", path = ""] = process.argv.slice(2);

async function listen(): Promise<void> {
  const contender = await contenderNamed(name).load();
  await contender.listen(path, (server) => {
    for (const benchCase of cases) benchCase.serve(server);
  });
}

const routines = { listen, cpuTime };

/** What the server process of a contender does on request. */
export type ServerRoutines = typeof routines;

answer(routines);
