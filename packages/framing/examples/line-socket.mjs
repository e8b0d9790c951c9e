import { Buffer } from "node:buffer";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { pid, platform } from "node:process";
import { encodeFrame, encodeLine, FrameDecoder } from "@ipc/framing";
import { readFrames } from "@ipc/framing/streams";

// The server answers each line with the same line and raw bytes.
const server = createServer((socket) => {
  const decoder = new FrameDecoder({ maxFrameBytes: 4096 });
  /** @type {import("@ipc/framing").FrameSink} */
  const sink = {
    handleLine(text) {
      const picture = Buffer.alloc(300, 0xff);
      for (const part of encodeFrame(text, [picture])) socket.write(part);
      return true;
    },
  };
  socket.on("data", (chunk) => {
    try {
      decoder.decode(chunk, sink);
    } catch (error) {
      console.log("closed a connection:", error);
      socket.destroy();
    }
  });
});

const path =
  platform === "win32" ? `\\\\.\\pipe\\example-${pid}` : `${tmpdir()}/example-${pid}.sock`;
server.listen(path);
await once(server, "listening");

const socket = connect(path);
socket.write(encodeLine('{"picture":7}'));
for await (const { text, attachments } of readFrames(socket)) {
  console.log(text, `and ${attachments[0]?.length} bytes`);
  break;
}
server.close();
