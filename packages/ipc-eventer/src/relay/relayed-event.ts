import type { InboundStream, Relayed } from "@ipc/protocol";
import { codeOf } from "../error.ts";
import { cancelUnread } from "../streams/cancel-unread.ts";
import type { Parcel, RelayRefusal } from "./parcel.ts";
import type { ServerPeer } from "../server/server-peer.ts";
import { senderOf } from "./sender-of.ts";

/** An event of a client for another one. */
export class RelayedEvent implements Parcel {
  readonly #from: ServerPeer;
  readonly #message: Relayed;
  readonly #streams: readonly InboundStream[] | undefined;

  constructor(from: ServerPeer, message: Relayed, streams: readonly InboundStream[] | undefined) {
    this.#from = from;
    this.#message = message;
    this.#streams = streams;
  }

  get size(): number {
    return this.#message.size;
  }

  deliver(to: ServerPeer): void {
    const { event, data } = this.#message;
    try {
      const answer = to.driver.session.relay.emitFrom(senderOf(this.#from), event, data);
      to.driver.noteQueued();
      if (typeof answer !== "boolean") this.fail(answer);
    } catch (error) {
      this.fail(error);
    }
  }

  refuse(code: RelayRefusal, why?: string): void {
    this.#tell(code, why);
  }

  fail(error: unknown): void {
    this.#tell(codeOf(error) ?? "", undefined);
  }

  #tell(code: string, why: string | undefined): void {
    cancelUnread(this.#streams);
    const { id, event } = this.#message;
    const { driver } = this.#from;
    driver.session.relay.tellNotRelayed(id, event, code, why);
    driver.schedule();
  }
}
