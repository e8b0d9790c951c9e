import { AsyncResource } from "node:async_hooks";
import { type InboundStream, ProtocolError, quoted } from "@ipc/protocol";
import type { Relayed, SessionLimits } from "@ipc/protocol";
import { CallRoom } from "./call-room.ts";
import type { Clients } from "../server/clients.ts";
import { refusalIn } from "../error.ts";
import type { AnyServerSocket } from "../ipc-server-socket.ts";
import { assertFunction } from "../option-mistakes.ts";
import type { ServerPeer } from "../server/server-peer.ts";
import { RelayedCall } from "./relayed-call.ts";
import { RelayedEvent } from "./relayed-event.ts";
import { RelayQueue, type Verdict } from "./relay-queue.ts";

/**
 * Decides whether a message of one client goes to another: true passes it on. Anything else refuses.
 * A `RefusedError` refuses with a message that the sender is told; any other error is the server's own.
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
  readonly #report: (error: ProtocolError, sender: AnyServerSocket) => void;
  readonly #room: CallRoom;
  readonly #queues = new WeakMap<ServerPeer, RelayQueue>();
  #hook: RelayHook<AnyServerSocket> | undefined;

  /** `report` is told of what a hook has thrown by mistake. */
  constructor(
    limits: SessionLimits,
    report: (error: ProtocolError, sender: AnyServerSocket) => void,
  ) {
    this.#limits = limits;
    this.#report = report;
    this.#room = new CallRoom(limits.maxCalls);
  }

  /** Ask this hook from now on. Throws `IPC_INVALID_OPTION` for what is no function. */
  set(hook: RelayHook<AnyServerSocket>): void {
    assertFunction("relay(hook)", hook);
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
      const call = (): ReturnType<typeof hook> => hook(sender, receiver, event, data);
      const failed = (error: unknown): Verdict => {
        this.#report(hookFailed(event, error), sender);
        return { why: "the hook of server.relay() failed" };
      };
      this.#queueOf(from).add(parcel, to, () => ask(call, failed));
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

function ask(
  hook: () => boolean | Promise<boolean>,
  failed: (error: unknown) => Verdict,
): Verdict | Promise<Verdict> {
  const whyNot = (error: unknown): Verdict => {
    const refusal = refusalIn(error);
    return refusal === undefined ? failed(error) : { why: refusal.message };
  };
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

function hookFailed(event: string, cause: unknown): ProtocolError {
  return new ProtocolError(
    "IPC_RELAY_REFUSED",
    "caller",
    `The hook given to relay() failed while it decided about the event ${quoted(event)}, which was not passed on. The cause is what it threw; to refuse with a reason, throw a RefusedError.`,
    { cause },
  );
}
