import { Buffer } from "node:buffer";
import type { Dice } from "./dice.ts";
import type { Tape } from "./secure-tape.ts";

/** The bytes that an attacker has beside the stream: those of other sessions. */
export interface Sources {
  /** The bytes of the victim itself. */
  readonly own: Tape;
  /** The bytes of another session under the same password. */
  readonly other: Tape;
}

type Mutation = (tape: Buffer[], dice: Dice, sources: Sources) => void;

// The changes that an attacker between the two can make to whole parts, and to bytes.
const mutations: readonly Mutation[] = [
  function flipBit(tape, dice) {
    const part = pick(tape, dice);
    const at = dice.roll(part.length);
    part[at] = (part[at] ?? 0) ^ (1 << dice.roll(8));
  },
  function setByte(tape, dice) {
    const part = pick(tape, dice);
    part[dice.roll(part.length)] = dice.roll(256);
  },
  function deleteBytes(tape, dice) {
    const index = dice.roll(tape.length);
    const part = tape[index] ?? Buffer.alloc(0);
    const from = dice.roll(part.length);
    const to = from + 1 + dice.roll(8);
    tape[index] = Buffer.concat([part.subarray(0, from), part.subarray(to)]);
  },
  function insertBytes(tape, dice) {
    const index = dice.roll(tape.length);
    const part = tape[index] ?? Buffer.alloc(0);
    const at = dice.roll(part.length);
    const inserted = dice.bytes(1 + dice.roll(8));
    tape[index] = Buffer.concat([part.subarray(0, at), inserted, part.subarray(at)]);
  },
  function dropPart(tape, dice) {
    tape.splice(dice.roll(tape.length), 1);
  },
  function repeatPart(tape, dice) {
    tape.splice(dice.roll(tape.length + 1), 0, pick(tape, dice));
  },
  function swapParts(tape, dice) {
    const [one, other] = [dice.roll(tape.length), dice.roll(tape.length)];
    const kept = tape[one] ?? Buffer.alloc(0);
    tape[one] = tape[other] ?? Buffer.alloc(0);
    tape[other] = kept;
  },
  function reflect(tape, dice, { own }) {
    tape.splice(dice.roll(tape.length), dice.roll(2), pick(own, dice));
  },
  function splice(tape, dice, { other }) {
    tape.splice(dice.roll(tape.length), dice.roll(2), pick(other, dice));
  },
  function truncate(tape, dice) {
    const index = dice.roll(tape.length);
    const part = tape[index] ?? Buffer.alloc(0);
    tape.splice(index, Infinity, part.subarray(0, dice.roll(part.length)));
  },
  function scramble(tape, dice) {
    const part = pick(tape, dice);
    dice.bytes(1 + dice.roll(part.length)).copy(part, dice.roll(part.length));
  },
];

/** A tape after one attack that the dice chose, cut into chunks as they fell. */
export function mutate(tape: Tape, dice: Dice, sources: Sources): readonly Buffer[] {
  const mutated = tape.map((part) => Buffer.from(part));
  const mutation = mutations[dice.roll(mutations.length)];
  mutation?.(mutated, dice, sources);
  if (dice.roll(4) > 0) return mutated;
  const bytes = Buffer.concat(mutated);
  const at = dice.roll(bytes.length + 1);
  return [bytes.subarray(0, at), bytes.subarray(at)];
}

function pick(tape: Tape, dice: Dice): Buffer {
  return tape[dice.roll(tape.length)] ?? Buffer.alloc(0);
}
