import { createNodeTransport } from "@ipc/transport";

const acceptor = {
  /** @param {import("@ipc/transport").Connection} connection */
  handleConnection(connection) {
    connection.attach({
      handleChunk() {},
      handleDrain() {},
      // systemd starts the service again for the next client.
      handleClose: () => void listener.close(),
    });
    connection.send("good day");
    connection.close();
  },
  /** @param {Error} error */
  handleError: (error) => console.error(error),
};

const listener = await createNodeTransport().listen("greeter", acceptor, { fd: "systemd" });
console.log("serving");
