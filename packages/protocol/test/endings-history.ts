import { Buffer } from "node:buffer";
import type { Lost, ProtocolError, Session } from "../src/index.ts";
import type { Dice } from "./dice.ts";
import { RandomPair } from "./random-pair.ts";
import type { RecoveryPair } from "./recovery-pair.ts";
import type { Seen } from "./seen.ts";
import type { Side } from "./recovery-side.ts";
import { type Tank, Well } from "./tank.ts";

/** The fate of one event. */
interface Fate {
  /** True if `emit` said, on a session that was over, that it was not sent. */
  refused: boolean;
  heard: number;
  unsent: number;
  unconfirmed: number;
}

/** One call, and its outcomes. */
interface Called {
  readonly outcomes: string[];
  ran: number;
}

/** One flush: the events that were emitted before it in its session, and its outcomes. */
interface Flushed {
  readonly before: number;
  readonly outcomes: unknown[];
}

/** The messages that one side has handed in, over all its sessions, and what it heard of each. */
class Account {
  readonly events: Fate[] = [];
  readonly calls: Called[] = [];
  readonly flushes = new Map<object, Flushed>();
  readonly wells: Well[] = [];
  /** The sessions whose end was told. */
  readonly over = new Set<Session>();
  lastHeard = -1;
}

/**
 * Plays one random conversation of which sessions end in every way, while both sides go on emitting,
 * calling, flushing and pinging, from within deliveries too. Then each message has exactly one fate: an
 * event was heard once, or told as lost, or refused on a session that was over; a call and a flush have
 * one outcome; a stream is read or has failed.
 */
export class EndingsHistory {
  readonly #chance: RandomPair;
  readonly #tanks: Readonly<Record<"client" | "server", Tank>>;
  readonly #accounts = { client: new Account(), server: new Account() };
  /** The depth in deliveries at which a listener acts. */
  #within = 0;
  /** True when no other session follows. */
  #isLast = false;

  constructor(pair: RecoveryPair, dice: Dice, tanks: Readonly<Record<"client" | "server", Tank>>) {
    this.#chance = new RandomPair(pair, dice);
    this.#tanks = tanks;
  }

  /** Play so many steps, then let everything come to rest in a session that is open. */
  play(steps: number): void {
    const { pair, sides } = this.#chance;
    for (const side of sides) this.#watch(side);
    const act = (side: Side, what: number): void => this.#act(side, what);
    this.#chance.play(steps, act, () => {
      if (!pair.connected && this.#roll(3) === 0) pair.dial();
    });
    for (let round = 0; round < 8; round++) {
      if (!pair.connected) pair.connect();
      pair.settle();
      pair.pass(12_000);
      for (const well of this.#wells) well.flow();
    }
    for (const side of sides) {
      if (side.session?.phase !== "open") throw new Error(`${side.role}: no session at last`);
      if (side.session.owesDrain) throw new Error(`${side.role}: a drain is owed`);
    }
    // The fate of messages on their way is decided by the last goodbye.
    this.#isLast = true;
    sides[this.#roll(2)]?.session?.close({ reason: "requested" }, pair.now);
    pair.settle();
    pair.pass(6_000);
  }

  /** Throws if anything has no fate, or two. */
  check(): void {
    const { client, server } = this.#accounts;
    checkAccount("client", client);
    checkAccount("server", server);
    for (const [role, { wells }] of Object.entries(this.#accounts)) {
      const { discarded } = this.#tanks[role as "client" | "server"];
      const given = new Set<unknown>(discarded.map(([source]) => source));
      for (const well of wells) {
        const isThrough = well.stopped !== undefined || well.chunks.length === 0 || given.has(well);
        if (!isThrough) throw new Error(`${role}: a stream hangs`);
      }
    }
  }

  get #wells(): readonly Well[] {
    return [...this.#accounts.client.wells, ...this.#accounts.server.wells];
  }

  #watch(side: Side): void {
    const own = this.#accounts[side.role];
    const theirs = this.#accounts[side.role === "client" ? "server" : "client"];
    side.onSeen = (seen) => {
      this.#note(side, own, theirs, seen);
      this.#perhapsAct(side);
    };
    side.answer = (data) => (this.#roll(3) === 0 ? undefined : data);
  }

  #note(side: Side, own: Account, theirs: Account, seen: Seen): void {
    switch (seen[0]) {
      case "event":
        if (seen[1] === "e") noteHeard(theirs, numberIn(seen[2]));
        break;
      case "call": {
        const called = theirs.calls[Number(seen[2])];
        if (called !== undefined) called.ran++;
        break;
      }
      case "reply":
        own.calls[Number(seen[1])]?.outcomes.push(outcomeOf(seen[2]));
        break;
      case "flushed":
        own.flushes.get(seen[1])?.outcomes.push(seen[2]);
        break;
      case "closed":
        this.#noteEnd(side, own, seen[1].lost);
        break;
      case "cancel":
      case "connected":
      case "leave":
      case "parked":
      case "resumed":
        break;
    }
  }

  #noteEnd(side: Side, own: Account, lost: Lost | undefined): void {
    const { delivering: session } = side;
    if (session !== undefined) own.over.add(session);
    // A client's next session carries what was never sent, and tells the rest.
    const carries = side.role === "client" && !this.#isLast && session?.unsent !== undefined;
    const told = carries ? session.unsent.rest : lost;
    for (const { data } of told?.unsent ?? []) fateOf(own, numberIn(data)).unsent++;
    for (const { data } of told?.unconfirmed ?? []) fateOf(own, numberIn(data)).unconfirmed++;
  }

  /** Listeners emit, call and end too. */
  #perhapsAct(side: Side): void {
    if (this.#within > 3 || this.#roll(4) > 0) return;
    this.#within++;
    this.#say(side, this.#roll(8));
    if (this.#roll(30) === 0) this.#end(side);
    this.#within--;
  }

  #act(side: Side, what: number): void {
    if (this.#roll(12) === 0) {
      this.#end(side);
    } else if (what < 6) {
      for (let count = this.#roll(4); count >= 0; count--) this.#say(side, what);
      if (this.#roll(2) === 0) side.pump();
    } else {
      this.#chance.pair.arrive(side.role, this.#roll(3) === 0 ? this.#roll(400) : Infinity);
    }
  }

  #say(side: Side, what: number): void {
    const { session } = side;
    if (session === undefined) return;
    const own = this.#accounts[side.role];
    const { now } = this.#chance.pair;
    if (what === 0) {
      const mark = {};
      const flushed: Flushed = { before: own.events.length, outcomes: [] };
      if (session.flush(mark)) own.flushes.set(mark, flushed);
    } else if (what === 1) {
      const called: Called = { outcomes: [], ran: 0 };
      const number = own.calls.push(called) - 1;
      const call = { event: String(number) };
      const answer = session.calls.invoke("c", number, call, this.#roll(2) * 3_000, now);
      if (typeof answer !== "number") called.outcomes.push("not sent");
    } else if (what === 2) {
      if (session.phase === "open") session.ping(now + 1, now);
    } else {
      this.#emit(session, own, what);
    }
  }

  #emit(session: Session, own: Account, what: number): void {
    const fate: Fate = { refused: false, heard: 0, unsent: 0, unconfirmed: 0 };
    const number = own.events.push(fate) - 1;
    const data = { number, ballast: "x".repeat(this.#roll(20) === 0 ? 2_000 : this.#roll(20)) };
    let answer: boolean;
    if (what === 3) {
      answer = session.emit("e", { ...data, bytes: Buffer.alloc(this.#roll(90)) });
    } else if (what === 4 && this.#roll(4) === 0) {
      const well = new Well([Buffer.from("some"), Buffer.from("text")]);
      own.wells.push(well);
      answer = session.emit("e", { ...data, well });
    } else if (what === 5) {
      answer = session.emitWith("e", data, { ttl: 1e9 }, this.#chance.pair.now);
    } else {
      answer = session.emit("e", data);
    }
    if (own.over.has(session)) {
      if (answer) throw new Error(`event ${number}: taken by a session that is over`);
      fate.refused = true;
    }
  }

  /** End, or begin to. */
  #end(side: Side): void {
    const { pair } = this.#chance;
    const { session } = side;
    const isServer = side.role === "server";
    switch (this.#roll(7)) {
      case 0:
        if (isServer) session?.askToLeave(this.#roll(2_000));
        break;
      case 1:
        session?.close(
          { reason: isServer ? "server-closing" : "requested", message: "bye" },
          pair.now,
        );
        break;
      case 2:
        session?.close({ reason: isServer ? "kicked" : "requested" }, pair.now);
        break;
      case 3:
        pair.client.session?.close({ reason: "requested" }, pair.now);
        pair.server.session?.close({ reason: "server-closing" }, pair.now);
        break;
      case 4:
        // A line that is no message ends the session of the side that reads it.
        if (this.#within === 0 && side.machine?.phase === "open") side.feed(Buffer.from("{}\n"));
        break;
      case 5:
        if (this.#within === 0) pair.pass(this.#roll(7_000));
        break;
      default:
        if (session?.phase === "parked") session.lose();
    }
  }

  #roll(sides: number): number {
    return this.#chance.roll(sides);
  }
}

function noteHeard(theirs: Account, number: number): void {
  if (number <= theirs.lastHeard) throw new Error(`event ${number} behind ${theirs.lastHeard}`);
  theirs.lastHeard = number;
  fateOf(theirs, number).heard++;
}

function fateOf({ events }: Account, number: number): Fate {
  const fate = events[number];
  if (fate === undefined) throw new Error(`event ${number} was never emitted`);
  return fate;
}

function numberIn(data: unknown): number {
  return (data as { number: number }).number;
}

function outcomeOf(reply: Extract<Seen, readonly ["reply", ...unknown[]]>[2]): string {
  if (reply.type === "data") return "data";
  const { code, context } = reply.error as ProtocolError;
  return String(context["outcome"] ?? code);
}

function checkAccount(role: string, { calls, events, flushes }: Account): void {
  for (const [number, fate] of events.entries()) {
    const { refused, heard, unsent, unconfirmed } = fate;
    const told = unsent + unconfirmed;
    // An event that may have arrived may have been heard.
    const isOne = refused ? heard + told === 0 : heard + unsent === 1 ? told <= 1 : told === 1;
    if (!isOne || heard + unsent > 1) {
      throw new Error(`${role}: event ${number} has the fates ${JSON.stringify(fate)}`);
    }
  }
  for (const [number, { outcomes, ran }] of calls.entries()) {
    const [outcome] = outcomes;
    if (outcomes.length !== 1) throw new Error(`${role}: call ${number}: ${outcomes.join()}`);
    if (ran > 1 || (outcome === "not sent" && ran > 0) || (outcome === "data" && ran === 0)) {
      throw new Error(`${role}: call ${number} is ${outcome}, and ran ${ran} times`);
    }
  }
  for (const { before, outcomes } of flushes.values()) {
    if (outcomes.length !== 1) throw new Error(`${role}: a flush has ${outcomes.length} outcomes`);
    const missing = events.slice(0, before).some((fate) => isOnItsWay(fate));
    if (outcomes[0] === undefined && missing) throw new Error(`${role}: a flush was early`);
  }
}

/** True for an event with no fate at all. */
function isOnItsWay({ refused, heard, unsent, unconfirmed }: Fate): boolean {
  return !refused && heard + unsent + unconfirmed === 0;
}
