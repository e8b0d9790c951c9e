// A driver: it feeds a session what a connection brings and takes what the session has to say.
// Here the connection is a pair of streams in memory; a socket is used in the same way.
import { once } from "node:events";
import { duplexPair } from "node:stream";
import { defaultLimits, MessageEncoder, Session } from "@ipc/protocol";

/** @typedef {import("@ipc/protocol").SessionSink} SessionSink */

class Driver {
  bufferedBytes = 0;
  /** @type {NodeJS.Timeout | undefined} */
  #timer;

  /**
   * @param {Session} session
   * @param {import("node:stream").Duplex} stream
   * @param {SessionSink} sink
   */
  constructor(session, stream, sink) {
    this.session = session;
    this.stream = stream;
    this.sink = sink;
    stream.on("data", (/** @type {Uint8Array} */ chunk) => {
      this.input(() => session.handleBytes(chunk, performance.now()));
    });
    stream.on("drain", () => this.input(() => session.handleDrain(performance.now())));
    for (const end of ["end", "close"]) {
      stream.on(end, () => this.input(() => session.handleDisconnect()));
    }
    this.takeOutputs();
  }

  /**
   * One input or command, and then every output.
   * @param {() => void} work
   */
  input(work) {
    work();
    this.takeOutputs();
  }

  takeOutputs() {
    const { session, stream, sink } = this;
    session.deliver(sink);
    session.writeOut(this);
    session.deliver(sink); // what the write caused: drain, or the end of a peer that does not read
    if (session.phase === "closing" && session.flushed) stream.end(() => stream.destroy());
    if (session.phase === "closed") stream.destroy();
    clearTimeout(this.#timer);
    const delay = Math.max(0, session.deadline - performance.now());
    if (delay < 2 ** 31) this.#timer = setTimeout(() => this.handleTimer(), delay).unref();
  }

  handleTimer() {
    this.input(() => this.session.handleTimeout(performance.now()));
  }

  // What a session writes to.

  /** @param {Uint8Array | string} chunk */
  send(chunk) {
    const more = this.stream.write(chunk);
    this.bufferedBytes = this.stream.writableLength;
    return more;
  }

  /** @param {readonly Uint8Array[]} chunks */
  sendAll(chunks) {
    this.stream.cork();
    const answers = chunks.map((chunk) => this.send(chunk));
    this.stream.uncork();
    return answers.every(Boolean);
  }
}

const limits = defaultLimits;
const encoder = new MessageEncoder(limits);
const now = performance.now();
const [clientEnd, serverEnd] = duplexPair();

const server = new Driver(new Session({ role: "server", limits, encoder, now }), serverEnd, {
  handleHello(hello) {
    console.log("server: hello of", hello.name);
    server.session.accept({ id: "an id", token: "a secret" }, performance.now());
  },
  handleWelcome() {},
  handleEvent(event, data) {
    console.log("server:", event, data);
    server.session.emit("thanks", data);
  },
  handleCall(id, event, data) {
    console.log("server: asked for", event);
    server.session.calls.reply(id, { sum: Number(data) + 1 });
  },
  handleCancel() {},
  handleReply() {},
  handleClosed: (end) => console.log("server: closed,", end.reason),
});

const hello = { name: "example" };
const client = new Driver(new Session({ role: "client", limits, encoder, hello, now }), clientEnd, {
  handleHello() {},
  handleWelcome: () => void client.session.emit("greet", "hello"),
  handleEvent(event, data) {
    console.log("client:", event, data);
    client.session.calls.invoke("add one", 41, { event: "add one" }, 1_000, performance.now());
  },
  handleCall: (id, event) => client.session.calls.refuse(id, "IPC_NO_HANDLER", event),
  handleCancel() {},
  handleReply({ event }, reply) {
    console.log("client:", event, reply.type === "data" ? reply.data : reply.error.message);
    client.session.close({ reason: "requested" }, performance.now());
  },
  handleClosed: (end) => console.log("client: closed,", end.reason),
});

await Promise.all([once(clientEnd, "close"), once(serverEnd, "close")]);
