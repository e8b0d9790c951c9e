// Dials, sends, closes, and ends by itself; reports what failed.
import process from "node:process";
import { createNodeTransport } from "@ipc/transport";

const [endpoint, byteCount, optionsText = "{}"] = process.argv.slice(2);
try {
  const connection = await createNodeTransport().dial(endpoint, JSON.parse(optionsText));
  connection.attach({ handleChunk: () => {}, handleDrain: () => {}, handleClose: () => {} });
  connection.send(Buffer.alloc(Number(byteCount), 1));
  connection.close();
  process.stdout.write("sent");
} catch (error) {
  process.stdout.write(`${error.code}: ${error.message}`);
}
