import { type Control, encodePing, encodePong } from "./control.ts";
import { invalidMessage } from "./invalid-message.ts";
import type { Lifecycle } from "./lifecycle.ts";
import { earlyBytes } from "./limits.ts";
import type { MessageListener } from "./message-reader.ts";
import { checkPlace } from "./message-order.ts";
import type { Opened } from "./opening.ts";
import { RecordWriter } from "./record-writer.ts";
import { endByPeer } from "./session-end.ts";
import type { SessionParts } from "./session-parts.ts";
import { UserPings } from "./user-pings.ts";

/** What the peer says beside events, and what this side answers by itself. */
export class Dialogue implements MessageListener {
  readonly #lifecycle: Lifecycle;
  readonly #parts: SessionParts;
  readonly #pings = new UserPings();
  readonly #hello: string | undefined;
  #earlyBytes = 0;

  /** `hello` is the line that a client says once the server may hear it; a server has none. */
  constructor(hello: string | undefined, lifecycle: Lifecycle, parts: SessionParts) {
    this.#hello = hello;
    this.#lifecycle = lifecycle;
    this.#parts = parts;
  }

  /** Take one chunk. What the peer did wrong ends the session. */
  read(chunk: Uint8Array, now: number): void {
    try {
      this.#read(chunk, now);
    } catch (error) {
      this.#lifecycle.fail(error);
    }
  }

  /** Try again what the opening had to put off. */
  retry(now: number): void {
    try {
      this.#parts.inbound.retry(now);
    } catch (error) {
      this.#lifecycle.fail(error);
    }
  }

  /** Send a ping of the application; false if too many are on their way. Throws `IPC_INVALID_OPTION`. */
  ping(time: number): boolean {
    if (!this.#pings.add(time)) return false;
    this.#parts.outbound.pushControl(encodePing(time));
    return true;
  }

  handleCall(id: number, event: string, data: unknown): void {
    this.#parts.exchange.handleCall(id, event, data);
  }

  /** Heed a control message. Answers false when the rest of the peer's bytes does not matter any more. */
  handleControl(control: Control): boolean {
    checkPlace(control.type, this.#lifecycle.phase);
    switch (control.type) {
      case "hello":
        this.#parts.inbox.greet({ hello: control.hello });
        this.#lifecycle.awaitAccept();
        return true;
      case "welcome":
        this.#parts.inbox.greet({ welcome: control.welcome });
        this.#lifecycle.open();
        return true;
      case "ping":
        this.#parts.outbound.pushControl(encodePong(control.time));
        return true;
      case "pong":
        if (control.time > 0) this.#handlePong(control.time);
        return true;
      case "reply":
        this.#parts.exchange.handleReply(control.id, control.reply);
        return true;
      case "cancel":
        this.#parts.exchange.handleCancel(control.id);
        return true;
      case "bye":
      case "error":
        this.#lifecycle.close(endByPeer(control));
        return false;
    }
  }

  #read(chunk: Uint8Array, now: number): void {
    if (this.#lifecycle.phase === "accepting") this.#countEarly(chunk.length);
    const opened = this.#parts.inbound.read(chunk, now);
    if (opened === undefined) return;
    if ("error" in opened) {
      this.#lifecycle.close(endByPeer({ type: "error", code: opened.error }));
    } else {
      this.#begin(opened);
      if (opened.rest.length > 0) this.#parts.inbound.read(opened.rest, now);
    }
  }

  #begin({ limits, channel }: Opened): void {
    const { inbound, outbound } = this.#parts;
    if (channel !== undefined) {
      inbound.protect(channel.opener);
      outbound.protect(new RecordWriter(channel.sealer));
    }
    outbound.heed(limits);
    if (this.#hello === undefined) {
      this.#lifecycle.awaitHello();
    } else {
      this.#lifecycle.awaitWelcome();
      outbound.pushControl(this.#hello);
    }
  }

  #countEarly(bytes: number): void {
    this.#earlyBytes += bytes;
    if (this.#earlyBytes > earlyBytes) throw invalidMessage("too much before its welcome");
  }

  #handlePong(time: number): void {
    if (!this.#pings.answer(time)) throw invalidMessage("a pong to no ping");
    this.#parts.inbox.push("user-pong", { time });
  }
}
