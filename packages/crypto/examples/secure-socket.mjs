import { once } from "node:events";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { pid, platform } from "node:process";
import { CryptoError, PasswordKeys, SecureStream } from "@ipc/crypto";

/**
 * @param {import("node:stream").Writable} socket
 * @param {readonly Uint8Array[]} buffers
 */
function send(socket, buffers) {
  for (const buffer of buffers) socket.write(buffer);
}

/**
 * Joins a stream to a socket: yields what the peer sent, and ends well only if the peer has closed.
 * @param {AsyncIterable<Uint8Array> & import("node:stream").Writable} socket
 * @param {SecureStream} stream
 * @param {string} [firstWords]
 */
async function* receive(socket, stream, firstWords) {
  send(socket, stream.start());
  for await (const chunk of socket) {
    const wasReady = stream.ready;
    const { write, received } = stream.handleBytes(chunk);
    send(socket, write);
    if (firstWords && stream.ready && !wasReady) send(socket, stream.send([firstWords]));
    yield* received;
  }
  stream.handleEnd();
}

const keys = new PasswordKeys();
const key = await keys.derive("correct horse battery staple", "example");

/** @param {import("node:net").Socket} socket */
async function answer(socket) {
  const stream = new SecureStream("responder", key);
  try {
    for await (const content of receive(socket, stream)) {
      send(socket, stream.send(["You said: ", content]));
      send(socket, stream.close());
      socket.end();
    }
  } catch {
    // A client without the password has ended its own connection and no other.
    socket.destroy();
  }
}

const server = createServer((socket) => void answer(socket));
const path = platform === "win32" ? `\\\\.\\pipe\\crypto-${pid}` : `${tmpdir()}/crypto-${pid}.sock`;
server.listen(path);
await once(server, "listening");

for (const password of ["correct horse battery staple", "a guess"]) {
  const socket = connect(path);
  const stream = new SecureStream("initiator", await keys.derive(password, "example"));
  try {
    for await (const content of receive(socket, stream, "hello")) {
      console.log(content.toString());
      send(socket, stream.close());
    }
  } catch (error) {
    console.log(error instanceof CryptoError ? error.code : error);
  }
}
server.close();
