import { Initiator, type PrefaceExchange, Responder, type SecureChannel } from "@ipc/crypto";
import type { Role } from "./preface.ts";
import type { SessionSecurity } from "./security.ts";

/** The result of one step of the handshake: bytes to send, and at the end the channel. */
export interface HandshakeStep {
  readonly flight?: Uint8Array | undefined;
  readonly channel?: SecureChannel | undefined;
}

/**
 * The key exchange of one connection, in the words of both roles.
 *
 * ```
 *   client  preface ─────────────────────────>  server
 *           <───── preface, record{Finished_s}
 *           record{Finished_c}, messages ─────>
 * ```
 */
export interface SecureHandshake {
  /** The 32 bytes for this side's preface. */
  readonly share: Uint8Array;
  /** Both prefaces are known. */
  handlePreface(exchange: PrefaceExchange): HandshakeStep;
  /** The body of the peer's Finished has come. Throws `IPC_AUTHENTICATION_FAILED`. */
  handleFinished(body: Uint8Array): HandshakeStep;
}

/** The handshake of a role. */
export function secureHandshake(role: Role, security: SessionSecurity): SecureHandshake {
  return role === "client" ? new ClientHandshake(security) : new ServerHandshake(security);
}

class ClientHandshake implements SecureHandshake {
  readonly #initiator: Initiator;
  #next: ReturnType<Initiator["handleServerPreface"]> | undefined;

  constructor({ key, rekey, keyShareForTesting }: SessionSecurity) {
    this.#initiator = new Initiator(key, rekey, keyShareForTesting);
  }

  get share(): Uint8Array {
    return this.#initiator.share;
  }

  handlePreface(exchange: PrefaceExchange): HandshakeStep {
    this.#next = this.#initiator.handleServerPreface(exchange);
    return {};
  }

  handleFinished(body: Uint8Array): HandshakeStep {
    const result = this.#next?.handleServerFinished(body);
    return { flight: result?.flight, channel: result };
  }
}

class ServerHandshake implements SecureHandshake {
  readonly #responder: Responder;
  #next: ReturnType<Responder["handleClientPreface"]>["next"] | undefined;

  constructor({ key, rekey, keyShareForTesting }: SessionSecurity) {
    this.#responder = new Responder(key, rekey, keyShareForTesting);
  }

  get share(): Uint8Array {
    return this.#responder.share;
  }

  handlePreface(exchange: PrefaceExchange): HandshakeStep {
    const { flight, next } = this.#responder.handleClientPreface(exchange);
    this.#next = next;
    return { flight };
  }

  handleFinished(body: Uint8Array): HandshakeStep {
    return { channel: this.#next?.handleClientFinished(body) };
  }
}
