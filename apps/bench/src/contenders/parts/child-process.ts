import { fork, type ChildProcess, type SerializationType } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Client, Contender } from "../../contender.ts";
import { callsByHand } from "./calls-by-hand.ts";
import { ListenerMap, type NamedMessage } from "./listener-map.ts";

/**
 * The channel of node:child_process, between the client's process and a server that it forks, since
 * such a channel joins parent and child only. The server process of the pair has nothing to do.
 */
export function childProcess(serialization: SerializationType): Contender {
  return {
    listen: async () => {},
    client: () => new ForkingClient(serialization),
  };
}

class ForkingClient implements Client {
  readonly #serialization: SerializationType;
  readonly #listeners = new ListenerMap<[]>();
  readonly invoke: Client["invoke"] = callsByHand(this);
  #child: ChildProcess | undefined;

  constructor(serialization: SerializationType) {
    this.#serialization = serialization;
  }

  async connect(): Promise<void> {
    const module = fileURLToPath(new URL("../../processes/forked-server.js", import.meta.url));
    this.#child = fork(module, [], { serialization: this.#serialization });
    this.#child.on("message", (message) => {
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it trusts its other side
      const { event, data } = message as NamedMessage;
      this.#listeners.deliver(event, data);
    });
    await once(this.#child, "spawn");
  }

  async disconnect(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    const gone = once(child, "exit");
    child.disconnect();
    await gone;
  }

  on(event: string, listener: (data: unknown) => void): void {
    this.#listeners.on(event, listener);
  }

  async hear(): Promise<void> {
    throw new Error("one client hears no broadcasts");
  }

  emit(event: string, data: unknown): boolean {
    return this.#child?.send({ event, data } satisfies NamedMessage) ?? false;
  }

  /** Nothing says when a channel is drained, but that a message has left: so sends one more. */
  onceDrained(listener: () => void): void {
    this.#child?.send({ event: "", data: null } satisfies NamedMessage, () => listener());
  }

  async serverCpuTime(): Promise<number> {
    return Number(await this.invoke("cpu-time", null));
  }
}
