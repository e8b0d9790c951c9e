import type { Operation, Outcome, Steps } from "../src/operations.ts";
import type { ModelWorld } from "./model-world.ts";

/** A process of the model: phases that run one after the other, each given the last one's result. */
export interface Program {
  readonly name: string;
  readonly phases: readonly ((last: unknown) => Steps<unknown>)[];
  /** The process may be killed before any of its system calls. */
  readonly mortal?: boolean;
  /** The first phase is over, undisturbed, before the exploration begins. */
  readonly ahead?: boolean;
}

/** A process at one moment. */
export interface Process {
  readonly name: string;
  readonly state: "crashed" | "done" | "failed" | "running";
  /** Phases that have ended. */
  readonly phase: number;
  /** True if a call of the present phase was made already. */
  readonly begun: boolean;
  /** The value that the last phase returned, or the error it threw. */
  readonly result: unknown;
}

interface Running extends Process {
  readonly program: Program;
  readonly history: readonly Outcome[];
  readonly pending: Operation | undefined;
  readonly second: boolean;
  readonly key: string;
}

/** A counterexample: what was wrong, and the calls that led there. */
export interface Violation {
  readonly problem: string;
  readonly trace: readonly string[];
}

/** The result of an exploration. */
export interface Exploration {
  readonly states: number;
  readonly ends: number;
  readonly violation: Violation | undefined;
}

/** Says what is wrong with a state, or undefined. `ended` when no process is running. */
export type Check = (
  world: ModelWorld,
  processes: readonly Process[],
  ended: boolean,
) => string | undefined;

interface State {
  readonly known: KnownWorld;
  readonly processes: readonly Running[];
  readonly trace: Trace | undefined;
}

interface Trace {
  readonly call: string;
  readonly before: Trace | undefined;
}

/** A world, the same object whenever it is met, and what processes made of it before. */
interface KnownWorld {
  readonly id: number;
  readonly world: ModelWorld;
  readonly moves: Map<Running, Move>;
  readonly deaths: Map<Running, Move>;
}

/** The state after a system call of a process, or after its end. */
interface Move {
  readonly known: KnownWorld;
  readonly process: Running;
  readonly call: string;
}

/**
 * Visit every state that any interleaving of the programs' system calls can reach, each once, and
 * stop at the first that the check objects to. Bounded by `maxStates`, an error beyond it.
 */
export function explore(
  world: ModelWorld,
  programs: readonly Program[],
  check: Check,
  maxStates = 2_000_000,
): Exploration {
  const seen = new Set<string>();
  const moves = new Moves();
  const open: State[] = [beginning(world, programs, moves)];
  let ends = 0;
  for (let state = open.pop(); state !== undefined; state = open.pop()) {
    const key = keyOf(state);
    if (seen.has(key)) continue;
    seen.add(key);
    if (seen.size > maxStates) throw new Error(`more than ${maxStates} states`);
    const { known, processes } = state;
    const ended = processes.every((process) => process.state !== "running");
    if (ended) ends += 1;
    const problem = known.world.robbed[0] ?? check(known.world, processes, ended);
    if (problem !== undefined) {
      return { states: seen.size, ends, violation: { problem, trace: calls(state.trace) } };
    }
    for (const [index, process] of processes.entries()) {
      if (process.state !== "running") continue;
      const isBlocked = process.pending !== undefined && known.world.blocks(process.pending);
      if (!isBlocked) open.push(follow(state, index, moves.step(known, process)));
      if (process.program.mortal === true) {
        open.push(follow(state, index, moves.death(known, process)));
      }
    }
  }
  return { states: seen.size, ends, violation: undefined };
}

function beginning(world: ModelWorld, programs: readonly Program[], moves: Moves): State {
  const processes = programs.map((program) => replay(program, 0, undefined, []));
  let state: State = { known: moves.know(world), processes, trace: undefined };
  for (const [index, program] of programs.entries()) {
    if (program.ahead !== true) continue;
    for (let process = processes[index]!; process.phase === 0; process = state.processes[index]!) {
      state = follow(state, index, moves.step(state.known, process));
    }
  }
  return state;
}

/** Few worlds and few local states make many states of the whole: each move is made once. */
class Moves {
  readonly #worlds = new Map<string, KnownWorld>();
  readonly #processes = new Map<string, Running>();

  know(world: ModelWorld): KnownWorld {
    let known = this.#worlds.get(world.key);
    if (known === undefined) {
      known = { id: this.#worlds.size, world, moves: new Map(), deaths: new Map() };
      this.#worlds.set(world.key, known);
    }
    return known;
  }

  /** The next system call of a process. */
  step(known: KnownWorld, process: Running): Move {
    let move = known.moves.get(process);
    if (move === undefined) {
      move = this.#step(known, process);
      known.moves.set(process, move);
    }
    return move;
  }

  #step(known: KnownWorld, process: Running): Move {
    const { name, pending, second } = process;
    if (pending === undefined) throw new Error(`${name} has nothing to do`);
    const world = known.world.copyFor(pending);
    const outcome = world.perform(name, pending, second);
    const key = `${process.key} ${outcomeKey(outcome)}`;
    let next = this.#processes.get(key);
    if (next === undefined) {
      next = this.#same(resume(process, outcome));
      this.#processes.set(key, next);
    }
    const call = `${name}: ${callName(pending, second)} ${outcomeKey(outcome)}`;
    return { known: this.know(world), process: next, call };
  }

  /** The process is killed before its next system call. */
  death(known: KnownWorld, process: Running): Move {
    let move = known.deaths.get(process);
    if (move === undefined) {
      const world = known.world.clone();
      world.kill(process.name);
      const crashed = this.#same(finished(process, "crashed", undefined));
      move = { known: this.know(world), process: crashed, call: `${process.name}: dies` };
      known.deaths.set(process, move);
    }
    return move;
  }

  /** The same object for the same local state, under a short key. */
  #same(process: Running): Running {
    let same = this.#processes.get(process.key);
    if (same === undefined) {
      same = { ...process, key: String(this.#processes.size) };
      this.#processes.set(process.key, same);
    }
    return same;
  }
}

/** A generator cannot be copied; running it again on what it was told gives the same one. */
function replay(
  program: Program,
  phase: number,
  last: unknown,
  history: readonly Outcome[],
): Running {
  const base = { name: program.name, program, phase, history, second: false };
  const steps = program.phases[phase]?.(last);
  if (steps === undefined) return finished(base, "done", last);
  try {
    let step = steps.next();
    for (const outcome of history) step = steps.next(outcome);
    if (step.done === true) return replay(program, phase + 1, step.value, []);
    const told = history.map((outcome) => outcomeKey(outcome)).join(",");
    return {
      ...base,
      state: "running",
      begun: history.length > 0,
      result: last,
      pending: step.value,
      key: `${program.name} ${phase} ${told} ${JSON.stringify(last)}`,
    };
  } catch (error) {
    return finished(base, "failed", error);
  }
}

function finished(
  base: Pick<Running, "history" | "name" | "phase" | "program" | "second">,
  state: "crashed" | "done" | "failed",
  result: unknown,
): Running {
  const key = `${base.name} ${base.phase} ${state} ${JSON.stringify(result)}`;
  return { ...base, state, result, begun: false, pending: undefined, key };
}

function resume(process: Running, outcome: Outcome | undefined): Running {
  const { program, phase, result, history, key } = process;
  if (outcome !== undefined) return replay(program, phase, result, [...history, outcome]);
  return { ...process, second: true, begun: true, key: `${key} (second)` };
}

function follow({ processes, trace }: State, index: number, move: Move): State {
  return {
    known: move.known,
    processes: processes.with(index, move.process),
    trace: { call: move.call, before: trace },
  };
}

function keyOf({ known, processes }: State): string {
  return `${known.id}#${processes.map((process) => process.key).join("#")}`;
}

function callName(operation: Operation, second: boolean): string {
  const to = "to" in operation ? ` -> ${operation.to}` : "";
  return `${operation.kind}${second ? " (second call)" : ""} ${operation.path}${to}`;
}

function outcomeKey(outcome: Outcome | undefined): string {
  if (outcome === undefined) return "half";
  return outcome.code ?? outcome.facts?.identity ?? outcome.names?.join("+") ?? "ok";
}

function calls(trace: Trace | undefined): string[] {
  const list: string[] = [];
  for (let at = trace; at !== undefined; at = at.before) list.unshift(at.call);
  return list;
}
