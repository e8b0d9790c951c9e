// Listens when told, and reports what came of it.
import process from "node:process";
import { createNodeTransport, TransportError } from "@ipc/transport";

const [, , directory] = process.argv;
const transport = createNodeTransport();

/** @type {import("@ipc/transport").Acceptor} */
const echo = {
  handleConnection(connection) {
    connection.attach({
      handleChunk: (chunk) => void connection.send(Buffer.from(chunk)),
      handleDrain: () => {},
      handleClose: () => {},
    });
  },
  handleError: () => {},
};

/** @param {import("../child.ts").Report} report */
function tell(report) {
  process.send?.(report);
}

process.on("message", () => {
  transport.listen("story", echo, { directory }).then(
    () => tell({ listening: true }),
    (error) => tell({ listening: false, code: error instanceof TransportError ? error.code : "" }),
  );
});
// A test that was cut short leaves no starter behind.
process.on("disconnect", () => process.exit());
tell({ ready: true });
