import { HandshakeLimiter } from "@ipc/crypto";
import { type HandshakePermit, ProtocolError } from "@ipc/protocol";
import type { Peer } from "./peer.ts";
import type { AnyServerSocket } from "./ipc-server-socket.ts";

type Stranger = Peer<AnyServerSocket>;

/** The connections of a server that have not proved its password yet: few, and answered at a bounded rate. */
export class Strangers {
  readonly #limiter = new HandshakeLimiter<Stranger>();

  /** Count one more; above the limit a random one is turned away. */
  add(stranger: Stranger): void {
    this.#limiter.begin(stranger)?.driver.refuse(tooMany());
  }

  /** It has proved the password, or is gone. */
  remove(stranger: Stranger): void {
    this.#limiter.end(stranger);
  }

  /** Leave to answer one stranger. `stranger` is asked for later than the permit is made. */
  permit(stranger: () => Stranger): HandshakePermit {
    return {
      take: (now) => this.#limiter.takeFlight(stranger(), now),
      giveBack: () => this.#limiter.succeed(stranger()),
    };
  }
}

function tooMany(): ProtocolError {
  return new ProtocolError(
    "IPC_TOO_MANY_HANDSHAKES",
    "peer",
    "Too many connections had not proved the password at once; this one was turned away.",
  );
}
