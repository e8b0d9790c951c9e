import { openSync, writeSync } from "node:fs";
import { setImmediate as turn, setTimeout as sleep } from "node:timers/promises";
import { type IPCSocket, type Lost, ProtocolError } from "ipc-eventer";
import { answer } from "../answer.ts";
import { createEndpoint, type EndpointBrief } from "../endpoint.ts";
import type { Entry, Mark } from "../journal.ts";
import { readBrief } from "../read-brief.ts";
import { seeded } from "../seeded.ts";

/** A process that writes down at once all that it says, hears and is told, so that the file knows it when it is killed. */
export interface ScribeBrief extends EndpointBrief {
  /** The number of the process: no other one of the case has it, running or ended. */
  readonly process: number;
  readonly journal: string;
  readonly seed: number;
}

/** The requests that the scribe takes. */
export interface Scribe {
  open(): Promise<void>;
  /** Say nothing more; fulfilled when all that is said was confirmed, or its session is lost. */
  fall(): Promise<void>;
  /** Keep the event loop busy for so many milliseconds, and twice again as soon as a ping has left. */
  compute(duration: number): Promise<void>;
  close(): Promise<void>;
}

interface Talk {
  note(message: { mark: Mark; body: string }): void;
}

const brief = readBrief<ScribeBrief>();
const journal = openSync(brief.journal, "a");
const random = seeded(brief.seed);
const talks = new Set<Promise<void>>();
let sessions = 0;
let said = 0;
const silence = new AbortController();

const end = createEndpoint<Talk>(brief, (socket) => {
  const session = ++sessions;
  socket.on("note", ({ mark }) => note({ is: "heard", session, mark }));
  socket.on("lost", ({ unsent, unconfirmed }) => {
    note({ is: "lost", session, unsent: marksOf(unsent), unconfirmed: marksOf(unconfirmed) });
  });
  socket.on("disconnect", ({ reason }) => note({ is: "disconnect", session, reason }));
  socket.on("error", (error) => {
    if (error instanceof ProtocolError && error.code === "IPC_EVENT_DROPPED") {
      note({ is: "dropped", session, events: Number(error.context["events"]) });
    }
  });
  const talk = talkOn(socket, session);
  talks.add(talk);
  void talk.finally(() => talks.delete(talk));
});

/** Say something now and then, in bursts, and ask now and then that it be confirmed. */
async function talkOn(socket: IPCSocket<Talk, Talk>, session: number): Promise<void> {
  const flushes = new Set<Promise<void>>();
  let wake: (() => void) | undefined;
  socket.on("drain", () => wake?.());
  while (!socket.closed && !silence.signal.aborted) {
    let isRoom = true;
    for (let count = Math.ceil(random() * 40); count > 0; count--) {
      isRoom = say(socket, session) && isRoom;
    }
    if (random() < 0.5 && flushes.size < 8) {
      const flush = confirm(socket, session, said);
      flushes.add(flush);
      void flush.finally(() => flushes.delete(flush));
    }
    const drained = new Promise<void>((resolve) => {
      wake = resolve;
    });
    // Not always until `drain`: half of the case is what is said while there is no connection.
    await (isRoom ? sleep(random() * 8) : Promise.race([drained, sleep(300)]));
  }
  await Promise.all(flushes);
  if (!socket.closed) await confirm(socket, session, said);
}

function say(socket: IPCSocket<Talk, Talk>, session: number): boolean {
  const mark: Mark = [brief.process, ++said];
  note({ is: "said", session, mark });
  // Now and then more than the sockets between the two can hold.
  return socket.emit("note", { mark, body: "x".repeat(random() < 0.01 ? 400_000 : 100) });
}

async function confirm(
  socket: IPCSocket<Talk, Talk>,
  session: number,
  upTo: number,
): Promise<void> {
  try {
    await socket.flush();
    note({ is: "confirmed", session, upTo });
  } catch {
    // The session is over; `lost` tells what is not known to have arrived.
  }
}

function marksOf(events: Lost["unsent"]): Mark[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what this process has said
  return events.map(({ data }) => (data as { mark: Mark }).mark);
}

function block(duration: number): void {
  const until = performance.now() + duration;
  while (performance.now() < until);
}

function note(entry: Entry): void {
  writeSync(journal, `${JSON.stringify(entry)}\n`);
}

const scribe: Scribe = {
  open: () => end.open(),
  async fall() {
    silence.abort();
    await Promise.all(talks);
  },
  async compute(duration) {
    // After two turns a ping may leave that its timer asks for, after three one that the poll behind
    // the timer has let pass. The answer lies unread until the next poll.
    for (const turns of [2, 3, 0]) {
      block(duration);
      for (let count = turns; count > 0; count--) await turn();
    }
  },
  close: () => end.close(),
};
answer(scribe);
