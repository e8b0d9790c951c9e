// A driver: it feeds a handshake, and then the session that takes it, what a connection brings, and takes what they
// have to say. Here the connection is a pair of streams in memory; a socket is used in the same way.
import { once } from "node:events";
import { duplexPair } from "node:stream";
import { defaultLimits, Handshake, MessageEncoder, Session } from "@ipc/protocol";

const limits = defaultLimits;
const encoder = new MessageEncoder(limits);

/** @typedef {import("@ipc/protocol").HandshakeSink & import("@ipc/protocol").SessionSink} Sink */

class Driver {
  bufferedBytes = 0;
  /** @type {Session | undefined} */
  #session;
  /** @type {NodeJS.Timeout | undefined} */
  #timer;

  /**
   * @param {Handshake} handshake
   * @param {import("node:stream").Duplex} stream
   * @param {Sink} sink
   */
  constructor(handshake, stream, sink) {
    this.handshake = handshake;
    this.stream = stream;
    this.sink = sink;
    stream.on("data", (/** @type {Uint8Array} */ chunk) => {
      this.input(() => this.machine.handleBytes(chunk, performance.now()));
    });
    stream.on("drain", () => this.input(() => this.machine.handleDrain(performance.now())));
    for (const end of ["end", "close"]) {
      stream.on(end, () => this.input(() => this.machine.handleDisconnect()));
    }
    this.takeOutputs();
  }

  /** The session, once the peer has introduced itself; the handshake is taken by it then. */
  get session() {
    const { handshake } = this;
    this.#session ??= new Session({ handshake, limits, encoder, now: performance.now() });
    return this.#session;
  }

  /** Whatever has the connection. */
  get machine() {
    return this.#session ?? this.handshake;
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
    this.deliver();
    this.machine.writeOut(this);
    this.deliver(); // what the write caused: drain, or the end of a peer that does not read
    const { machine, stream } = this;
    if (machine.phase === "closing" && machine.flushed) stream.end(() => stream.destroy());
    if (machine.phase === "closed") stream.destroy();
    clearTimeout(this.#timer);
    const delay = Math.max(0, machine.deadline - performance.now());
    if (delay < 2 ** 31) this.#timer = setTimeout(() => this.handleTimer(), delay).unref();
  }

  deliver() {
    if (this.#session === undefined) this.handshake.deliver(this.sink);
    this.#session?.deliver(this.sink);
  }

  handleTimer() {
    this.input(() => this.machine.handleTimeout(performance.now()));
  }

  // What the handshake and the session write to.

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

const [clientEnd, serverEnd] = duplexPair();
const now = performance.now();

const server = new Driver(new Handshake({ role: "server", limits, now }), serverEnd, {
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
const client = new Driver(new Handshake({ role: "client", limits, hello, now }), clientEnd, {
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
