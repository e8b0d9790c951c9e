/* oxlint-disable -- plain JavaScript that prints, as users write it */
// visit.mjs <directory> <owner>: connects, or says why it cannot.
import { IPCClient } from "ipc-eventer";

const [directory, owner] = process.argv.slice(2);
const client = new IPCClient("meet", { directory, ...(owner && { owner: Number(owner) }) });
try {
  await client.connect();
  console.log("connected");
  await client.disconnect();
} catch (error) {
  console.log(`${error.code}: ${error.message}`);
}
