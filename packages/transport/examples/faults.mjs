import { createFaults, createMemoryTransport } from "@ipc/transport/testing";

const faults = createFaults();
const transport = createMemoryTransport({ faults });

faults.split(3); // every connection, present and to come
faults.connection(1).cutAfter(6, "toServer"); // the second one breaks after 6 bytes
faults.refuse("ECONNREFUSED", 1); // the first dial fails

await transport.listen("anywhere", {
  handleConnection(connection) {
    connection.attach({
      handleChunk: (chunk) => console.log(`server: ${Buffer.from(chunk).toString()}`),
      handleDrain() {},
      handleClose: (error) => console.log(`server: ${error?.message ?? "the end"}`),
    });
  },
  handleError() {},
});

/** Dial, send one line, and wait for the end. */
async function tell() {
  const connection = await transport.dial("anywhere");
  const ended = new Promise((resolve) => {
    connection.attach({ handleChunk() {}, handleDrain() {}, handleClose: resolve });
  });
  connection.send("good day");
  connection.close();
  await ended;
}

await tell().catch((/** @type {Error} */ error) => console.log(`client: ${error.message}`));
await tell();
await tell();
