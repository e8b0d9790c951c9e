import { IPCClient } from "ipc-eventer";
import { answer } from "../answer.ts";
import { readBrief } from "../read-brief.ts";

/** A client that does nothing else for a while with each value that it hears. */
export interface SlowReaderBrief {
  readonly endpoint: string;
  /** Milliseconds for each value. */
  readonly busy: number;
}

/** The requests that the slow reader takes. */
export interface SlowReader {
  open(): Promise<void>;
  seen(): Seen;
}

/** The count that it has heard so far. */
export interface Seen {
  readonly count: number;
  /** The newest value, 0 before the first. */
  readonly last: number;
  /** True if each value was newer than the one before. */
  readonly inOrder: boolean;
}

const { endpoint, busy } = readBrief<SlowReaderBrief>();
const client = new IPCClient(endpoint);
let seen: Seen = { count: 0, last: 0, inOrder: true };

client.on("price", ({ value }: { value: number }) => {
  seen = { count: seen.count + 1, last: value, inOrder: seen.inOrder && value > seen.last };
  const until = performance.now() + busy;
  while (performance.now() < until);
});

const reader: SlowReader = {
  async open() {
    await client.connect();
  },
  seen: () => seen,
};
answer(reader);
