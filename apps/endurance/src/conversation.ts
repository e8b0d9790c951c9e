import { setTimeout as sleep } from "node:timers/promises";
import type { Child } from "./child.ts";
import type { Party, PartyState } from "./processes/party.ts";

/** Both parties of a numbered conversation. */
export type Pair = readonly [server: Child<Party>, client: Child<Party>];

/** Milliseconds without a message said or heard after which a conversation is stuck. */
const patience = 20_000;

/** Let both sides say so many messages. Answers a sentence if that comes to a standstill. */
export async function converse(pair: Pair, count: number): Promise<string | undefined> {
  const talk = Promise.all(pair.map(({ routines }) => routines.say(count)));
  const done = talk.then(() => undefined);
  const over = new AbortController();
  try {
    return await Promise.race([done, standstill(pair, over.signal)]);
  } finally {
    over.abort();
  }
}

/** The faults after both have said all: what has not come, or came twice, or was run twice. */
export async function findFaults(pair: Pair): Promise<string[]> {
  const [server, client] = await states(pair);
  return [
    ...server.faults,
    ...client.faults,
    ...compare("server", server, client),
    ...compare("client", client, server),
  ];
}

/** The words of both sides, said and heard. */
export async function states([server, client]: Pair): Promise<[PartyState, PartyState]> {
  return Promise.all([server.routines.state(), client.routines.state()]);
}

function compare(who: string, { said, asked, answered }: PartyState, other: PartyState): string[] {
  const faults: string[] = [];
  if (other.heard !== said) faults.push(`of ${said} messages of the ${who}, ${other.heard} came`);
  if (answered !== asked) faults.push(`of ${asked} calls of the ${who}, ${answered} had an answer`);
  if (other.runs !== asked) faults.push(`${asked} calls of the ${who} ran ${other.runs} times`);
  return faults;
}

async function standstill(pair: Pair, signal: AbortSignal): Promise<string> {
  let last = "";
  let since = performance.now();
  for (;;) {
    await sleep(500, undefined, { signal });
    const now = await states(pair);
    const progress = now.map(({ said, heard, answered }) => `${said}/${heard}/${answered}`).join();
    if (progress !== last) since = performance.now();
    last = progress;
    if (performance.now() - since > patience) {
      return `nothing has moved for ${patience / 1000} s: ${JSON.stringify(now)}`;
    }
  }
}
