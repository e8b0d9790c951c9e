// Listens when told, and reports what came of it.
import process from "node:process";
import { createNodeTransport } from "@ipc/transport";

const [directory, renewInterval] = process.argv.slice(2);
const transport = createNodeTransport({ renewInterval: Number(renewInterval ?? 60_000) });
const acceptor = {
  handleConnection(connection) {
    connection.attach({
      handleChunk: (chunk) => connection.send(chunk),
      handleDrain: () => {},
      handleClose: () => {},
    });
  },
  handleError: (error) => process.send({ error: error.code }),
};

process.on("message", async (options) => {
  try {
    await transport.listen("story", acceptor, { directory, ...options });
    process.send({ listening: true });
  } catch (error) {
    process.send({ listening: false, code: error.code, message: error.message });
  }
});
process.send({ ready: true });
