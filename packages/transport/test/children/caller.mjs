// Dials, sends, closes, and ends by itself; prints what failed.
import process from "node:process";
import { createNodeTransport, TransportError } from "@ipc/transport";

const [, , endpoint = "", byteCount, owner] = process.argv;
const options = owner === undefined ? {} : { owner: Number(owner) };
try {
  const connection = await createNodeTransport().dial(endpoint, options);
  connection.attach({ handleChunk: () => {}, handleDrain: () => {}, handleClose: () => {} });
  connection.send(Buffer.alloc(Number(byteCount), 1));
  connection.close();
  process.stdout.write("sent");
} catch (error) {
  if (!(error instanceof TransportError)) throw error;
  process.stdout.write(`${error.code}: ${error.message}`);
}
