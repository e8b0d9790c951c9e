import { createFaults, createMemoryTransport } from "@ipc/transport/testing";

let now = 0;
/** @type {{ due: number, task: () => void }[]} */
const timers = [];
const faults = createFaults({
  timer: (task, milliseconds) => timers.push({ due: now + milliseconds, task }),
});
/** @type {(() => void)[]} */
const tasks = [];
const transport = createMemoryTransport({ schedule: (task) => tasks.push(task), faults });

/** Let the virtual time pass, and all that is due by then happen. */
function advance(milliseconds = 0) {
  now += milliseconds;
  for (const { task } of timers.filter(({ due }) => due <= now)) task();
  timers.splice(0, timers.length, ...timers.filter(({ due }) => due > now));
  while (tasks.length > 0) tasks.shift()?.();
}

await transport.listen("anywhere", {
  handleConnection(connection) {
    connection.attach({
      handleChunk: (chunk) => console.log(`${now} ms: ${Buffer.from(chunk).toString()}`),
      handleDrain() {},
      handleClose() {},
    });
  },
  handleError() {},
});
const dialled = transport.dial("anywhere");
advance();
const connection = await dialled;

faults.delay(20);
connection.send("20 ms late");
advance(19);
advance(1);

faults.stall("toServer");
connection.send("after a silence");
advance(1_000);
console.log(`${now} ms: ${connection.bufferedBytes} bytes wait`);
faults.release();
advance();
