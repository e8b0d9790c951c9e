import { IPCClient, type IPCClientOptions } from "ipc-eventer";
import { answer } from "../answer.ts";
import { readBrief } from "../read-brief.ts";

/** Many clients in one process, which only hear. */
export interface CrowdBrief {
  readonly endpoint: string;
  readonly size: number;
  readonly options: IPCClientOptions;
}

/** The requests that the crowd takes. */
export interface Crowd {
  open(): Promise<void>;
  /** The events that each client received since the last request; negative if it missed some. */
  heard(): number[];
  close(): Promise<void>;
}

const { endpoint, size, options } = readBrief<CrowdBrief>();
let heard: number[] = [];

const clients = Array.from({ length: size }, (_, index) => {
  const client = new IPCClient(endpoint, options);
  client.on("error", () => undefined);
  client.on("news", ({ sent }: { sent: number }) => {
    const expected = heard[index] ?? 0;
    heard[index] = sent === expected ? expected + 1 : -1;
  });
  return client;
});

const crowd: Crowd = {
  async open() {
    heard = clients.map(() => 0);
    for (const client of clients) await client.connect();
  },
  heard() {
    const counts = heard;
    heard = clients.map(() => 0);
    return counts;
  },
  async close() {
    await Promise.all(clients.map((client) => client.disconnect()));
  },
};
answer(crowd);
