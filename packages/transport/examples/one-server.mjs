import { createNodeTransport, TransportError } from "@ipc/transport";

const transport = createNodeTransport();
const acceptor = { handleConnection() {}, handleError() {} };

const first = await transport.listen("transport-one-server", acceptor);
try {
  await transport.listen("transport-one-server", acceptor);
} catch (error) {
  if (!(error instanceof TransportError)) throw error;
  console.log(error.code);
}
await first.close();
try {
  await transport.dial("transport-one-server");
} catch (error) {
  if (!(error instanceof TransportError)) throw error;
  console.log(error.code);
}
