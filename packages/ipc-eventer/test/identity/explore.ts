import { Model, type Move } from "./model.ts";
import type { RulesMaker } from "./rules.ts";

/** The result of an exploration. */
export interface Exploration {
  readonly states: number;
  readonly problem: string | undefined;
  /** The moves that led to the problem. */
  readonly trace: readonly string[];
}

/**
 * Visit every state that any order of moves can reach, each once, the nearest first, and stop at the
 * first that is wrong. The rules cannot be copied: each state is reached anew by its moves.
 */
export function explore(make: RulesMaker, mostStates = 100_000): Exploration {
  const seen = new Set<string>();
  let open: (readonly Move[])[] = [[]];
  while (open.length > 0) {
    const next: (readonly Move[])[] = [];
    for (const moves of open) {
      const model = play(make, moves);
      if (model.problem !== undefined) {
        const trace = moves.map((move) => (typeof move === "string" ? move : nameOf(move)));
        return { states: seen.size, problem: model.problem, trace };
      }
      const { key } = model;
      if (seen.has(key)) continue;
      seen.add(key);
      if (seen.size > mostStates) throw new Error(`more than ${mostStates} states`);
      for (const move of model.moves) next.push([...moves, move]);
    }
    open = next;
  }
  return { states: seen.size, problem: undefined, trace: [] };
}

function play(make: RulesMaker, moves: readonly Move[]): Model {
  const model = new Model(make);
  for (const move of moves) model.perform(move);
  model.check();
  return model;
}

function nameOf({ id, token, secret }: Exclude<Move, string>): string {
  return `the attacker comes with id ${id}, token ${token}, secret ${secret}`;
}
