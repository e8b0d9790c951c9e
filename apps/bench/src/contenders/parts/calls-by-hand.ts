import type { Client, Server } from "../../contender.ts";

const callEvent = "call";
const replyEvent = "reply";

interface Call {
  id: number;
  event: string;
  data: unknown;
}

interface Reply {
  id: number;
  data: unknown;
}

/** Calls for a client that has only events: a number for each, and a map of those that wait. */
export function callsByHand(client: Pick<Client, "on" | "emit">): Client["invoke"] {
  const waiting = new Map<number, (reply: unknown) => void>();
  let last = 0;
  client.on(replyEvent, (message) => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it trusts its other side
    const { id, data } = message as Reply;
    waiting.get(id)?.(data);
    waiting.delete(id);
  });
  return (event, data) =>
    new Promise((resolve) => {
      last += 1;
      waiting.set(last, resolve);
      client.emit(callEvent, { id: last, event, data } satisfies Call);
    });
}

/** Answers for a server that has only events; handlers answer at once and never fail. */
export function answersByHand<Peer>(
  server: Pick<Server<Peer>, "on" | "emit">,
): Server<Peer>["handle"] {
  const handlers = new Map<string, (data: unknown) => unknown>();
  server.on(callEvent, (message, peer) => {
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it trusts its other side
    const { id, event, data } = message as Call;
    server.emit(peer, replyEvent, { id, data: handlers.get(event)?.(data) } satisfies Reply);
  });
  return (event, handler) => {
    handlers.set(event, handler);
  };
}
