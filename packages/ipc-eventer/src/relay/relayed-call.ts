import {
  type Call,
  failureIn,
  type InboundStream,
  ProtocolError,
  recordError,
} from "@ipc/protocol";
import { type Relayed, RemoteError, type Reply } from "@ipc/protocol";
import type { RunningCall, RunningCalls } from "../calls/running-calls.ts";
import { realTime } from "@ipc/transport";
import { cancelUnread } from "../streams/cancel-unread.ts";
import type { CallRoom } from "./call-room.ts";
import type { Parcel, RelayRefusal } from "./parcel.ts";
import type { ServerPeer } from "../server/server-peer.ts";
import { senderOf } from "./sender-of.ts";

/**
 * A call of a client for another one, whose outcome goes back to the first.
 *
 * It counts among the sender's calls until it has one; given up by the sender, it is given up at the
 * other client too. Its time is the sender's affair.
 */
export class RelayedCall implements Parcel, Call, RunningCall {
  countedBy: RunningCalls | undefined;
  readonly #from: ServerPeer;
  readonly #message: Relayed;
  readonly #id: number;
  readonly #streams: readonly InboundStream[] | undefined;
  readonly #room: CallRoom;
  #stage: "waiting" | "cancelled" | "over" | { readonly to: ServerPeer; readonly id: number } =
    "waiting";

  constructor(
    from: ServerPeer,
    message: Relayed,
    id: number,
    streams: readonly InboundStream[] | undefined,
    room: CallRoom,
  ) {
    this.#room = room;
    this.#from = from;
    this.#message = message;
    this.#id = id;
    this.#streams = streams;
    from.calls.add(id, this);
  }

  get event(): string {
    return this.#message.event;
  }

  get size(): number {
    return this.#message.size;
  }

  deliver(to: ServerPeer): void {
    if (this.#stage === "cancelled") {
      // No caller gets this answer; it makes the call's place free.
      this.#answer(undefined);
      cancelUnread(this.#streams);
      return;
    }
    const { event, data } = this.#message;
    const { session } = to.driver;
    if (!this.#room.enter(to)) {
      this.#end(({ calls }) => calls.refuse(this.#id, "IPC_TOO_MANY_CALLS"));
      cancelUnread(this.#streams);
      return;
    }
    try {
      const now = realTime.now();
      const sent = session.relay.invokeFrom(senderOf(this.#from), event, data, this, now);
      to.driver.noteQueued();
      if (typeof sent === "number") {
        this.#stage = { to, id: sent };
        return;
      }
      this.fail(sent);
    } catch (error) {
      this.fail(error);
    }
    this.#room.leave(to);
  }

  refuse(code: RelayRefusal, why?: string): void {
    cancelUnread(this.#streams);
    this.#end(({ calls }) => calls.refuse(this.#id, code, why));
  }

  fail(error: unknown): void {
    cancelUnread(this.#streams);
    this.#reject(error);
  }

  /** The other client has answered, or never will. */
  settle(reply: Reply): void {
    if (reply.type === "data") this.#answer(reply.data);
    else this.#reject(reply.error);
  }

  /** The sender waits no more. */
  cancel(): void {
    if (this.#stage === "waiting") {
      this.#stage = "cancelled";
    } else if (typeof this.#stage === "object") {
      const { to, id } = this.#stage;
      to.driver.session.calls.cancel(id);
      to.driver.schedule();
      this.#answer(undefined);
    }
  }

  /** The sender's session is over. */
  abandon(): void {
    this.cancel();
  }

  #answer(data: unknown): void {
    this.#end(({ calls }) => {
      try {
        calls.reply(this.#id, data);
      } catch (error) {
        calls.replyError(this.#id, recordError(error, false));
      }
    });
  }

  #reject(error: unknown): void {
    this.#end(({ calls }) => {
      const failure = error instanceof ProtocolError ? failureIn(error) : undefined;
      if (failure === undefined) {
        // The stack of the other client, if it sends it; ours stays here.
        const stack = error instanceof RemoteError ? error.remoteStack : undefined;
        calls.replyError(this.#id, { ...recordError(error, false), stack });
      } else {
        calls.refuse(this.#id, failure.code, failure.explanation);
      }
    });
  }

  #end(answer: (session: ServerPeer["driver"]["session"]) => void): void {
    if (this.#stage === "over") return;
    if (typeof this.#stage === "object") this.#room.leave(this.#stage.to);
    this.#stage = "over";
    const { driver } = this.#from;
    this.#from.calls.delete(this.#id);
    answer(driver.session);
    driver.schedule();
  }
}
