import type { Progress, Summary, ToClient, ToManager } from "@ipc-apps/demo-server/contract";
import { IPCClient } from "ipc-eventer";
import { isAway } from "./is-away.ts";

/** A client that watches the manager over its restarts, and tells it when to go home. */
export class Observer {
  readonly #client: IPCClient<ToClient, ToManager>;
  readonly #summary: Promise<Summary>;

  constructor(endpoint: string, password: string) {
    const client = new IPCClient<ToClient, ToManager>(endpoint, {
      name: "console",
      password,
      reconnect: true,
      reconnectInterval: 100,
      reconnectMaxInterval: 300,
    });
    client.on("error", (error: Error) => {
      if (!isAway(error)) console.error(`console: ${error.message}`);
    });
    this.#summary = new Promise((resolve) => {
      client.once("finished", resolve);
    });
    this.#client = client;
  }

  onProgress(listener: (progress: Progress) => void): void {
    this.#client.on("progress", listener);
  }

  /** Fulfilled once the manager is there. Rejects with the signal's reason. */
  async connect(signal: AbortSignal): Promise<void> {
    await this.#client.connect({ signal });
  }

  /** The outcome, once the manager tells it. */
  get finished(): Promise<Summary> {
    return this.#summary;
  }

  /** Tell the manager that the outcome has been seen. */
  dismiss(): void {
    this.#client.socket?.emit("dismiss");
  }

  async close(): Promise<void> {
    await this.#client.disconnect();
  }
}
