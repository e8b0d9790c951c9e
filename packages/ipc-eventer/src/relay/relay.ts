import { AsyncResource } from "node:async_hooks";
import type { InboundStream, Relayed, SessionLimits } from "@ipc/protocol";
import { CallRoom } from "./call-room.ts";
import type { Clients } from "../server/clients.ts";
import type { AnyServerSocket } from "../ipc-server-socket.ts";
import { refusalOf } from "../server/middleware.ts";
import type { ServerPeer } from "../server/server-peer.ts";
import { RelayedCall } from "./relayed-call.ts";
import { RelayedEvent } from "./relayed-event.ts";
import { RelayQueue, type Verdict } from "./relay-queue.ts";

/**
 * Decides whether a message of one client goes to another: true passes it on. Anything else refuses,
 * and so does an error, whose message the sender is told.
 */
export type RelayHook<S> = (
  from: S,
  to: S,
  event: string,
  data: unknown,
) => boolean | Promise<boolean>;

/** Passes messages from one client of a server to another, as its hook decides. */
export class Relay {
  readonly #limits: SessionLimits;
  readonly #room: CallRoom;
  readonly #queues = new WeakMap<ServerPeer, RelayQueue>();
  #hook: RelayHook<AnyServerSocket> | undefined;

  constructor(limits: SessionLimits) {
    this.#limits = limits;
    this.#room = new CallRoom(limits.maxCalls);
  }

  /** Ask this hook from now on. Throws a `TypeError` for what is no function. */
  set(hook: RelayHook<AnyServerSocket>): void {
    if (typeof hook !== "function") {
      throw new TypeError(`relay() takes a function that decides, not ${typeof hook}.`);
    }
    this.#hook = AsyncResource.bind(hook, "IPCRelay");
  }

  /** A client has sent a message, or with a `callId` a call, for another one. */
  handle(
    clients: Clients,
    from: ServerPeer,
    message: Relayed,
    callId: number | undefined,
    streams: readonly InboundStream[] | undefined,
  ): void {
    const parcel =
      callId === undefined
        ? new RelayedEvent(from, message, streams)
        : new RelayedCall(from, message, callId, streams, this.#room);
    const to = clients.get(message.id);
    const [hook, sender, receiver] = [this.#hook, from.socket, to?.socket];
    if (hook === undefined || sender === undefined) {
      parcel.refuse("IPC_RELAY_REFUSED", "it has no hook for that, see server.relay()");
    } else if (to === undefined || receiver === undefined) {
      parcel.refuse("IPC_UNKNOWN_CLIENT");
    } else {
      const { event, data } = message;
      this.#queueOf(from).add(parcel, to, () => ask(() => hook(sender, receiver, event, data)));
    }
  }

  #queueOf(from: ServerPeer): RelayQueue {
    const known = this.#queues.get(from);
    if (known !== undefined) return known;
    const { maxCalls, maxQueuedBytes } = this.#limits;
    const queue = new RelayQueue({ messages: maxCalls, bytes: maxQueuedBytes });
    this.#queues.set(from, queue);
    return queue;
  }
}

function ask(hook: () => boolean | Promise<boolean>): Verdict | Promise<Verdict> {
  try {
    const answer = hook();
    // A promise may be of another library, or realm.
    return typeof answer === "object"
      ? Promise.resolve(answer).then(verdictOf, whyNot)
      : verdictOf(answer);
  } catch (error) {
    return whyNot(error);
  }
}

// Whatever an untyped hook answers, only true is a yes.
function verdictOf(answer: unknown): Verdict {
  return answer === true || { why: undefined };
}

// The message of an error may be no text.
function whyNot(error: unknown): Verdict {
  const why: unknown = refusalOf(error);
  return { why: typeof why === "string" ? why : undefined };
}
