import type { ProtocolError, RemoteError } from "../src/index.ts";
import type { Party } from "./party.ts";
import { SessionPair } from "./session-pair.ts";

/** Two open sessions, of which one asks and the other answers. */
export class CallPair extends SessionPair {
  readonly caller: Party = this.client;
  readonly answerer: Party = this.server;

  constructor() {
    super();
    this.settle();
  }

  /** Make a call and let it arrive. Answers its id; throws if it was not sent. */
  ask(event: string, data?: unknown, timeout?: number): number {
    const id = this.caller.invoke(event, data, timeout);
    this.settle();
    if (typeof id !== "number") throw new Error(`Not sent: ${id}`);
    return id;
  }

  /** The error with which the last call failed. */
  get failure(): RemoteError | ProtocolError | undefined {
    return this.caller.failures.at(-1);
  }
}
