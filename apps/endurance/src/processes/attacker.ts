import { setTimeout as sleep } from "node:timers/promises";
import { answer } from "../answer.ts";
import { frame, RawMember } from "../raw-member.ts";
import { readBrief } from "../read-brief.ts";

/** A process whose clients try to overfill one container after the other. */
export interface AttackerBrief {
  readonly endpoint: string;
}

/** The requests that the attacker takes. */
export interface Attacker {
  /** Attack for so many milliseconds, and keep what was reached. Answers how often a connection was ended. */
  attack(name: AttackName, duration: number): Promise<number>;
  /** End all connections. */
  stop(): void;
}

/** The target of the attack. */
export type AttackName = keyof typeof attacks;

const { endpoint } = readBrief<AttackerBrief>();
const members: RawMember[] = [];

/** Objects in few bytes: the worst that text becomes. */
const objects = `[${"{},".repeat(10_000)}1]`;

interface Round {
  readonly member: RawMember;
  /** A number that rises over the life of a connection. */
  readonly next: () => number;
}

/** The words of a member in one round; `begin` is said once. */
interface Attack {
  readonly connections: number;
  readonly name?: string;
  readonly begin?: (member: RawMember) => void;
  readonly round: (round: Round) => Promise<void>;
}

const attacks = {
  "bytes one by one": streams("ByteStream", 8, (id) => [frame(`{"stream":{"id":${id}}}`, "x"), 1]),
  "small values": streams("ValueStream", 8, (id) => [`{"stream":{"id":${id},"data":{}}}\n`, 160]),
  "values of objects": streams("ValueStream", 8, (id) => [
    `{"stream":{"id":${id},"data":${objects}}}\n`,
    31_000,
  ]),
  "streams that end unread": {
    connections: 1,
    async round({ member, next }) {
      const id = next();
      member.say(frame('["file",{"$bin":[0,"ByteStream"]}]', String(id)));
      await sleep(2);
      const bytes = Math.min(65_536, member.credit.get(id) ?? 0);
      const chunk = bytes > 0 ? frame(`{"stream":{"id":${id}}}`, "x".repeat(bytes)) : "";
      await member.sayAll(`${chunk}{"stream":{"id":${id},"end":true}}\n`);
    },
  },
  "calls of objects": {
    connections: 1,
    round: ({ member, next }) => member.sayAll(`[${next()},"hang",${objects}]\n`),
  },
  "small calls": {
    connections: 1,
    round: ({ member, next }) => member.sayAll(repeat(500, () => `[${next()},"hang"]\n`)),
  },
  "calls of a serial handler": {
    connections: 1,
    async round({ member, next }) {
      await member.sayAll(repeat(50, () => `[${next()},"turn"]\n`));
      await sleep(20);
    },
  },
  "answers that are not read": {
    connections: 1,
    begin: (member) => member.deafen(),
    round: ({ member }) => member.sayAll(repeat(2_000, () => '{"ping":7}\n')),
  },
  "refusals that are not read": {
    connections: 1,
    begin: (member) => member.deafen(),
    round: ({ member, next }) => member.sayAll(repeat(1_000, () => `[${next()},"none"]\n`)),
  },
  "events before the welcome": {
    connections: 20,
    name: "undecided",
    begin: (member) => void member.say(`["e",[${"{},".repeat(5_000)}1]]\n`.repeat(4)),
    round: () => sleep(50),
  },
  "unfinished messages": {
    connections: 4,
    begin(member) {
      member.say("*200000 [1]\nx");
    },
    round: () => sleep(50),
  },
  "empty attachments": {
    connections: 1,
    round: ({ member, next }) =>
      member.sayAll(
        frame(
          `[${next()},"hang",[${repeat(64, (index) => `${index > 0 ? "," : ""}{"$bin":[${index},"Buffer"]}`)}]]`,
          ...Array.from({ length: 64 }, () => ""),
        ),
      ),
  },
} as const satisfies Record<string, Attack>;

/** Several streams of one kind, which send whatever they are granted; `piece` answers a message and what it costs. */
function streams(
  kind: string,
  count: number,
  piece: (id: number) => readonly [message: string, cost: number],
): Attack {
  return {
    connections: 1,
    begin(member) {
      for (let id = 1; id <= count; id++) {
        member.say(frame(`[${id},"take",{"$bin":[0,"${kind}"]}]`, String(id)));
      }
    },
    async round({ member }) {
      let text = "";
      for (const [id, credit] of member.credit) {
        const [message, cost] = piece(id);
        const pieces = Math.min(Math.floor(credit / cost), 2_000);
        text += message.repeat(pieces);
        member.credit.set(id, credit - pieces * cost);
      }
      if (text === "") await sleep(10);
      else await member.sayAll(text);
    },
  };
}

function repeat(count: number, piece: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => piece(index)).join("");
}

/** A connection of an attack, opened again whenever the server has ended it. */
async function keepOn(attack: Attack, until: number): Promise<number> {
  let ended = 0;
  let count = 0;
  let member: RawMember | undefined;
  const next = (): number => ++count;
  while (performance.now() < until) {
    try {
      if (member === undefined || member.over) {
        if (member !== undefined) ended++;
        count = 1_000;
        member = await RawMember.open(endpoint, attack.name ?? "member", attack.name === undefined);
        members.push(member);
        attack.begin?.(member);
      }
      await attack.round({ member, next });
      await sleep(0);
    } catch {
      // The server has ended it meanwhile.
      await sleep(10);
    }
  }
  return ended;
}

const attacker: Attacker = {
  async attack(name, duration) {
    const attack: Attack = attacks[name];
    const until = performance.now() + duration;
    const connections = Array.from({ length: attack.connections }, () => keepOn(attack, until));
    const ended = await Promise.all(connections);
    return ended.reduce((sum, count) => sum + count, 0);
  },
  stop() {
    for (const member of members.splice(0)) member.end();
  },
};
answer(attacker);
