import type { IPCSocket } from "ipc-eventer";
import { answer } from "../answer.ts";
import { createEndpoint, type EndpointBrief } from "../endpoint.ts";
import { Listener } from "../listener.ts";
import { readBrief } from "../read-brief.ts";
import { seeded } from "../seeded.ts";
import { type Talk, Talker } from "../talker.ts";

/** One side of a numbered exchange. */
export interface PartyBrief extends EndpointBrief {
  readonly seed: number;
}

/** The numbers that a party has said and heard, and the end of its session. */
export interface PartyState {
  readonly said: number;
  readonly heard: number;
  readonly asked: number;
  readonly answered: number;
  readonly runs: number;
  /** Sessions begun. */
  readonly sessions: number;
  readonly recoveries: number;
  /** Why connections went, in order. */
  readonly disconnects: readonly string[];
  /** Events that `lost` told of. */
  readonly unsent: number;
  readonly unconfirmed: number;
  /** The first sentences about what is wrong. */
  readonly faults: readonly string[];
  readonly connected: boolean;
}

/** The requests that the party takes. */
export interface Party {
  /** Listen, or dial and be connected. */
  open(): Promise<void>;
  /** Say so many messages. Fulfilled when all was heard and answered. */
  say(count: number): Promise<void>;
  state(): PartyState;
  /** Disconnect or stop. */
  close(): Promise<void>;
}

const brief = readBrief<PartyBrief>();
const faults: string[] = [];
const disconnects: string[] = [];
let [sessions, recoveries, unsent, unconfirmed] = [0, 0, 0, 0];
let talker: Talker | undefined;
let listener: Listener | undefined;
let whenMet = (): void => undefined;
const met = new Promise<void>((resolve) => {
  whenMet = resolve;
});

const end = createEndpoint<Talk>(brief, meet);

function fault(sentence: string): void {
  if (faults.length < 20) faults.push(`${brief.role}: ${sentence}`);
}

function meet(socket: IPCSocket<Talk, Talk>): void {
  sessions++;
  talker = new Talker(socket, seeded(brief.seed), fault);
  listener = new Listener(socket, fault);
  socket.on("connect", () => recoveries++);
  socket.on("disconnect", ({ reason }) => disconnects.push(reason));
  socket.on("lost", (lost) => {
    unsent += lost.unsent.length;
    unconfirmed += lost.unconfirmed.length;
  });
  socket.on("error", (error) => fault(String(error)));
  whenMet();
}

const party: Party = {
  open: () => end.open(),
  async say(count) {
    await met;
    await talker?.say(count);
  },
  state: () => ({
    said: talker?.said ?? 0,
    heard: listener?.heard ?? 0,
    asked: talker?.asked ?? 0,
    answered: talker?.answered ?? 0,
    runs: listener?.runs ?? 0,
    sessions,
    recoveries,
    disconnects,
    unsent,
    unconfirmed,
    faults,
    connected: end.connected,
  }),
  close: () => end.close(),
};
answer(party);
