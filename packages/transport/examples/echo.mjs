import { createNodeTransport } from "@ipc/transport";

const transport = createNodeTransport();

const listener = await transport.listen("transport-echo", {
  handleConnection(connection) {
    connection.attach({
      handleChunk(chunk) {
        // The chunk is there during the call only, and `send` keeps what it cannot write at once.
        if (!connection.send(Buffer.from(chunk))) connection.pause();
      },
      handleDrain: () => connection.resume(),
      handleClose: () => console.log("server: a peer has left"),
    });
  },
  handleError: (error) => console.error(error),
});

const connection = await transport.dial("transport-echo", { timeout: 2_000 });
connection.attach({
  handleChunk(chunk) {
    console.log(`client: ${Buffer.from(chunk).toString()}`);
    connection.close();
  },
  handleDrain() {},
  handleClose: () => void listener.close(),
});
connection.send("hello");
