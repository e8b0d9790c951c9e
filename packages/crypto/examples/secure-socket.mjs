import { once } from "node:events";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { pid, platform } from "node:process";
import { CryptoError, HandshakeLimiter, PasswordKeys } from "@ipc/crypto";
import { SecureStream } from "@ipc/crypto/secure-stream";

/**
 * @param {import("node:stream").Writable} socket
 * @param {readonly Uint8Array[]} buffers
 */
function send(socket, buffers) {
  for (const buffer of buffers) socket.write(buffer);
}

/**
 * Joins a stream to a socket: yields what the peer sent, and ends well only if the peer has closed.
 * `admit` is asked when the first bytes come, `ready` is told when the peer has proved the password.
 * @param {AsyncIterable<Uint8Array> & import("node:stream").Writable} socket
 * @param {SecureStream} stream
 * @param {{ admit?: () => boolean, ready: () => void }} handshake
 */
async function* receive(socket, stream, { admit = () => true, ready }) {
  send(socket, stream.start());
  let admitted = false;
  for await (const chunk of socket) {
    admitted ||= admit();
    if (!admitted) throw new Error("Too many handshakes have failed. Try again later.");
    const wasReady = stream.ready;
    const { write, received } = stream.handleBytes(chunk);
    send(socket, write);
    if (stream.ready && !wasReady) ready();
    yield* received;
  }
  stream.handleEnd();
}

const keys = new PasswordKeys();
const key = await keys.derive("correct horse battery staple", "example");

/** @type {HandshakeLimiter<import("node:net").Socket>} */
const limiter = new HandshakeLimiter();

/** @param {import("node:net").Socket} socket */
async function answer(socket) {
  limiter.begin(socket)?.destroy();
  const deadline = setTimeout(() => socket.destroy(), 10_000);
  const stream = new SecureStream("responder", key);
  const handshake = {
    admit: () => limiter.takeFlight(socket, performance.now()),
    ready() {
      limiter.succeed(socket);
      clearTimeout(deadline);
    },
  };
  try {
    for await (const content of receive(socket, stream, handshake)) {
      send(socket, stream.send(["You said: ", content]));
      send(socket, stream.close());
      socket.end();
    }
  } catch {
    // A client without the password has ended its own connection and no other.
    socket.destroy();
  } finally {
    limiter.end(socket);
    clearTimeout(deadline);
  }
}

const server = createServer((socket) => void answer(socket));
const path = platform === "win32" ? `\\\\.\\pipe\\crypto-${pid}` : `${tmpdir()}/crypto-${pid}.sock`;
server.listen(path);
await once(server, "listening");

for (const password of ["correct horse battery staple", "a guess"]) {
  const socket = connect(path);
  const stream = new SecureStream("initiator", await keys.derive(password, "example"));
  const ready = () => send(socket, stream.send(["hello"]));
  try {
    for await (const content of receive(socket, stream, { ready })) {
      console.log(content.toString());
      send(socket, stream.close());
    }
  } catch (error) {
    console.log(error instanceof CryptoError ? error.code : error);
  }
}
server.close();
