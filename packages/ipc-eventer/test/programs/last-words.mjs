/* oxlint-disable -- plain JavaScript that prints, as users write it */
// last-words.mjs <disconnect|stop|kick>: emits 219,263 bytes, says goodbye at once and has nothing more to do.
import { IPCClient, IPCServer } from "ipc-eventer";

const [how] = process.argv.slice(2);
const directory = process.env.PLACE;
const words = "x".repeat(219_263);

if (how === "disconnect") {
  const client = new IPCClient("words", { directory });
  const socket = await client.connect();
  socket.emit("words", words);
  client.disconnect("that is all");
} else {
  const server = new IPCServer("words", { directory });
  server.on("connected", (socket) => {
    socket.emit("words", words);
    if (how === "kick") socket.disconnect("that is all");
    server.stop();
  });
  await server.start();
  process.send("listening");
}
