import { Buffer } from "node:buffer";
import type { Dice } from "./dice.ts";
import { FuzzedSide } from "./fuzzed-side.ts";
import { RandomWords } from "./random-words.ts";

const features = '["recovery","streams"]';

/** The first lines of a client that is accepted, or goes on with its session. */
function asMember(recovery: string): string {
  return `{"ipc":[1],"role":"client","mode":"plain","features":${features},"limits":{"message":16384,"streams":2}}\n{"hello":{"name":"m","recovery":${recovery}}}\n`;
}

/** The first lines of a server that accepts, or goes on with its client's session. */
function asServer(recovery: string): string {
  return `{"ipc":[1],"role":"server","mode":"plain","features":${features},"limits":{"message":16384,"streams":2}}\n{"welcome":{"id":"a","token":"b","recovery":${recovery}}}\n`;
}

/** Lets bytes arrive, cut anywhere. */
function arrive(side: FuzzedSide, text: string, dice: Dice): void {
  let rest = Buffer.from(text, "latin1");
  while (rest.length > 0) {
    const size = dice.roll(4) === 0 ? 1 + dice.roll(rest.length) : rest.length;
    side.feed(rest.subarray(0, size));
    rest = rest.subarray(size);
  }
}

/**
 * One conversation of a session with a peer that makes up what it says: a member against a server, or a server
 * against a client. In most, the connection is cut once and the peer comes back for the session. Answers how often
 * the session went on. Throws for whatever a peer must not be able to do.
 */
export function converse(role: "client" | "server", dice: Dice): number {
  const side = new FuzzedSide(role, dice);
  const words = new RandomWords(dice, dice.roll(3) === 0 ? 0 : 2 + dice.roll(20));
  const begin = role === "server" ? asMember : asServer;
  const grant = '{"session":"s","window":5000,"resumed":false}';
  side.pump();
  arrive(side, begin(role === "server" ? "{}" : grant), dice);
  if (dice.roll(8) < 5) {
    for (let count = dice.roll(6); count > 0; count--) arrive(side, words.harmless(), dice);
    for (let count = dice.roll(4); count > 0; count--) side.act();
    side.cut();
    side.connectAnew();
    const received = `"received":${dice.roll(20) === 0 ? dice.roll(5) : 0}`;
    const again = `{"session":"s",${received}}`;
    const goingOn = `{"session":"s","window":5000,"resumed":true,${received}}`;
    arrive(side, begin(role === "server" ? again : goingOn), dice);
  }
  for (let count = 2 + dice.roll(14); count > 0; count--) {
    if (dice.roll(2) === 0) side.act();
    else arrive(side, words.next(0), dice);
  }
  side.finish();
  return side.resumed;
}
