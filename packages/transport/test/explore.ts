import type { Operation, Outcome, Steps } from "../src/file-operation.ts";
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
  /** Whether a call of the present phase was made already. */
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
  readonly world: ModelWorld;
  readonly processes: readonly Running[];
  readonly trace: Trace | undefined;
}

interface Trace {
  readonly call: string;
  readonly before: Trace | undefined;
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
  const known = new Map<string, Running>();
  const open: State[] = [beginning(world, programs, known)];
  let ends = 0;
  for (let state = open.pop(); state !== undefined; state = open.pop()) {
    const key = keyOf(state);
    if (seen.has(key)) continue;
    seen.add(key);
    if (seen.size > maxStates) throw new Error(`more than ${maxStates} states`);
    const ended = state.processes.every((process) => process.state !== "running");
    if (ended) ends += 1;
    const problem = state.world.robbed[0] ?? check(state.world, state.processes, ended);
    if (problem !== undefined) {
      return { states: seen.size, ends, violation: { problem, trace: calls(state.trace) } };
    }
    for (const [index, process] of state.processes.entries()) {
      if (process.state !== "running") continue;
      const isBlocked = process.pending !== undefined && state.world.blocks(process.pending);
      if (!isBlocked) open.push(stepOf(state, index, known));
      if (process.program.mortal === true) open.push(crashOf(state, index));
    }
  }
  return { states: seen.size, ends, violation: undefined };
}

function beginning(
  world: ModelWorld,
  programs: readonly Program[],
  known: Map<string, Running>,
): State {
  const processes = programs.map((program) => replay(program, 0, undefined, []));
  let state: State = { world, processes, trace: undefined };
  for (const [index, program] of programs.entries()) {
    if (program.ahead !== true) continue;
    while (state.processes[index]!.phase === 0) state = stepOf(state, index, known);
  }
  return state;
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

function stepOf(state: State, index: number, known: Map<string, Running>): State {
  const process = state.processes[index]!;
  const { name, pending, second } = process;
  if (pending === undefined) throw new Error(`${name} has nothing to do`);
  const world = state.world.copyFor(pending);
  const outcome = world.perform(name, pending, second);
  // Few local states make many states of the whole: each is replayed once.
  const key = `${process.key} ${outcomeKey(outcome)}`;
  let next = known.get(key);
  if (next === undefined) {
    const resumed = resume(process, outcome);
    next = known.get(resumed.key) ?? { ...resumed, key: String(known.size) };
    known.set(resumed.key, next).set(key, next);
  }
  return follow(
    state,
    world,
    index,
    next,
    `${name}: ${callName(pending, second)} ${outcomeKey(outcome)}`,
  );
}

function resume(process: Running, outcome: Outcome | undefined): Running {
  const { program, phase, result, history, key } = process;
  if (outcome !== undefined) return replay(program, phase, result, [...history, outcome]);
  return { ...process, second: true, begun: true, key: `${key} (second)` };
}

function crashOf(state: State, index: number): State {
  const process = state.processes[index]!;
  const world = state.world.clone();
  world.kill(process.name);
  return follow(
    state,
    world,
    index,
    finished(process, "crashed", undefined),
    `${process.name}: dies`,
  );
}

function follow(
  state: State,
  world: ModelWorld,
  index: number,
  next: Running,
  call: string,
): State {
  return {
    world,
    processes: state.processes.with(index, next),
    trace: { call, before: state.trace },
  };
}

function keyOf({ world, processes }: State): string {
  return `${world.key}#${processes.map((process) => process.key).join("#")}`;
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
