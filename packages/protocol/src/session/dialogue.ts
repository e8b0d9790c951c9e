import { type Control, encodePong } from "../messages/control.ts";
import { encodeHello, type Hello, type Welcome } from "../messages/hello.ts";
import { invalidMessage } from "../error.ts";
import { Lifecycle } from "./lifecycle.ts";
import { earlyBytes } from "../limits.ts";
import type { Opened } from "../opening/opening.ts";
import { endByPeer, type SessionEnd } from "./session-end.ts";
import type { NewSessionOptions } from "../session-options.ts";
import { SessionParts } from "./session-parts.ts";
import type { InboundStream } from "../streams/inbound-stream.ts";
import type { Phase } from "./session-state.ts";

/** The session whose dialogue it is. */
export interface DialogueOwner {
  /** The server has accepted: the session begins, or the one before it goes on. Throws what the server did wrong. */
  handleWelcome(welcome: Welcome): void;
  /** The peer ends the session; with `received`, the one that was to go on. */
  handleFarewell(end: SessionEnd, received: number | undefined): void;
  /** The peer has done something wrong. */
  handleFailure(error: unknown): void;
}

/** Handles the control messages of the peer, and answers those that need no application. */
export class Dialogue {
  /** The machines of the session, which hand over what it hears. */
  readonly parts: SessionParts;
  readonly lifecycle: Lifecycle;
  readonly #hello: Hello | undefined;
  readonly #owner: DialogueOwner;
  #earlyBytes = 0;

  /** `hello` is what a client says once the server may hear it; a server has none. */
  constructor(options: NewSessionOptions, hello: Hello | undefined, owner: DialogueOwner) {
    this.#hello = hello;
    this.#owner = owner;
    this.parts = new SessionParts(options, this);
    this.lifecycle = new Lifecycle(this.parts);
  }

  /** Take one chunk. What the peer did wrong ends the session. */
  read(chunk: Uint8Array, now: number): void {
    try {
      this.#read(chunk, now);
    } catch (error) {
      this.#owner.handleFailure(error);
    }
  }

  /** Try again what the opening had to put off. */
  retry(now: number): void {
    try {
      this.parts.connection.inbound.retry(now);
    } catch (error) {
      this.#owner.handleFailure(error);
    }
  }

  /** Read what came before the client was accepted. What it did wrong ends the session. */
  readEarly(now: number): void {
    const { connection, acks } = this.parts;
    const { earlyBytes: bytes } = connection.messages;
    if (bytes === 0) return;
    try {
      connection.messages.readEarly();
      acks.read(bytes, now);
    } catch (error) {
      this.#owner.handleFailure(error);
    }
  }

  /** Handle a control message. Answers false when the rest of the peer's bytes no longer matters. */
  handleControl(control: Control, arrived: readonly InboundStream[] | undefined): boolean {
    checkPlace(control.type, this.lifecycle.phase);
    const { exchange, inbox, outbox, acks, streams } = this.parts;
    switch (control.type) {
      case "hello":
        inbox.greet({ hello: this.#agreed(control.hello) });
        this.lifecycle.awaitAccept();
        return true;
      case "welcome":
        this.#handleWelcome(this.#agreed(control.welcome));
        return true;
      case "ping":
        outbox.writer.pushControl(encodePong(control.time));
        acks.want();
        return true;
      case "pong":
        this.parts.connection.clock.ponged();
        if (control.time > 0) this.#handlePong(control.time);
        return true;
      case "reply":
        exchange.handleReply(control.id, control.reply, arrived);
        return true;
      case "cancel":
        exchange.handleCancel(control.id);
        return true;
      case "stream":
        streams.handle(control);
        return true;
      case "ack":
        this.#handleAck(control.received);
        return true;
      case "leave":
        this.#handleLeave(control.within);
        return true;
      case "bye":
      case "error":
        // Of two sides that say goodbye at once, neither learns what the other has received.
        if (this.lifecycle.phase === "closing") this.lifecycle.hearBye();
        else this.#owner.handleFarewell(endByPeer(control), receivedBy(control));
        return false;
    }
  }

  #read(chunk: Uint8Array, now: number): void {
    if (this.lifecycle.phase === "accepting") this.#countEarly(chunk.length);
    const { inbound } = this.parts.connection;
    const opened = inbound.read(chunk, now);
    if (opened === undefined) return;
    if ("error" in opened) {
      this.lifecycle.close(endByPeer({ type: "error", code: opened.error }));
    } else {
      this.#begin(opened);
      if (opened.rest.length > 0) inbound.read(opened.rest, now);
    }
  }

  #begin(opened: Opened): void {
    const { connection, outbox, acks, streams } = this.parts;
    connection.begin(opened);
    streams.setPeerLimit(connection.streams);
    if (connection.acknowledges) acks.enable();
    outbox.apply(connection.limits, connection.acknowledges);
    if (this.#hello === undefined) {
      this.lifecycle.awaitHello();
    } else {
      this.lifecycle.awaitWelcome();
      outbox.writer.pushControl(encodeHello(this.#agreed(this.#hello)));
    }
  }

  /** A greeting without what it says of recovery, unless both sides have offered that. */
  #agreed<T extends Hello | Welcome>(greeting: T): T {
    return this.parts.connection.acknowledges ? greeting : { ...greeting, recovery: undefined };
  }

  #handleWelcome(welcome: Welcome): void {
    this.parts.inbox.greet({ welcome });
    this.#owner.handleWelcome(welcome);
  }

  #handleLeave(within: number): void {
    const { connection, inbox } = this.parts;
    const isServer = this.#hello === undefined;
    if (isServer || !connection.acknowledges) throw invalidMessage("a leave where none belongs");
    inbox.tell({ type: "leave", within });
  }

  #countEarly(bytes: number): void {
    this.#earlyBytes += bytes;
    if (this.#earlyBytes > earlyBytes) throw invalidMessage("too much before its welcome");
  }

  #handlePong(time: number): void {
    if (!this.parts.connection.pings.answer(time)) throw invalidMessage("a pong to no ping");
    this.parts.inbox.push("user-pong", { time });
  }

  #handleAck(received: number): void {
    const { connection, outbox } = this.parts;
    if (!connection.acknowledges || !outbox.acknowledge(received)) {
      throw invalidMessage("an acknowledgement of what was not sent");
    }
  }
}

function receivedBy(control: Control): number | undefined {
  return control.type === "bye" ? control.received : undefined;
}

// The phases of this side in which the peer may send each message.
const places: Readonly<Record<Control["type"], readonly Phase[]>> = {
  hello: ["hello"],
  welcome: ["welcome"],
  ping: ["open"],
  pong: ["open"],
  reply: ["open"],
  cancel: ["open"],
  ack: ["open", "closing"],
  leave: ["open"],
  stream: ["open"],
  bye: ["hello", "accepting", "welcome", "open", "closing"],
  error: ["hello", "accepting", "welcome", "open"],
};

/** Throws `IPC_INVALID_MESSAGE` for a control message that has no place in the present phase. */
function checkPlace(type: Control["type"], phase: Phase): void {
  if (!places[type].includes(phase)) throw invalidMessage(`a ${type} where none belongs`);
}
