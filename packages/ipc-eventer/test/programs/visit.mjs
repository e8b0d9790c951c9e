/* oxlint-disable -- plain JavaScript that prints, as users write it */
// visit.mjs <directory> <owner>: becomes another user, then connects, or says why it cannot.
import { IPCClient } from "ipc-eventer";

const [directory, owner] = process.argv.slice(2);
// Once all modules are loaded: that user may be forbidden to enter the folder that they lie in.
process.setgroups([]);
process.setgid(65_534);
process.setuid(65_534);
const client = new IPCClient("meet", { directory, ...(owner && { owner: Number(owner) }) });
try {
  await client.connect();
  console.log("connected");
  await client.disconnect();
} catch (error) {
  console.log(`${error.code}: ${error.message}`);
}
