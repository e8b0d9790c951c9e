import { claimPlaces, type Places, releaseClaims, renewPlaces } from "../src/claim-places.ts";
import { type Claim, claimPlace, inUse, type Starter } from "../src/claim.ts";
import type { Place } from "../src/endpoint.ts";
import type { Steps } from "../src/operations.ts";
import { losersFault } from "./claim-programs.ts";
import type { Check, Process, Program } from "./explore.ts";
import type { ModelWorld } from "./model-world.ts";

/** The directory of a login session, which is removed at logout and made anew at login. */
export const RUNTIME = "/R";

const run: Place = { directory: "/R/d", path: "/R/d/p", claim: "/R/d/l", origin: "default" };
const tmp: Place = { directory: "/T", path: "/T/p", claim: "/T/l", origin: "default" };

export interface PlaceWishes {
  readonly ahead?: boolean;
  readonly mortal?: boolean;
  readonly renews?: boolean;
  readonly closes?: boolean;
}

/** The places that a process of the user finds at this moment. */
function* locate(): Steps<Places> {
  const { code } = yield { kind: "lstat", path: RUNTIME };
  return code === undefined ? [run, tmp] : [tmp];
}

function starterOf(letter: string, phase: string): Starter {
  let count = 0;
  return {
    uid: 1000,
    mode: 0o600,
    locks: false,
    freshName: () => `${letter}${phase}${count++}`.padEnd(12, "0"),
  };
}

/** A server that claims its name at every place, and may look at them again, or close. */
export function server(letter: string, wishes: PlaceWishes = {}): Program {
  const phases: Program["phases"][number][] = [
    function* start(): Steps<readonly Claim[]> {
      return yield* claimPlaces(yield* locate(), starterOf(letter, "0"));
    },
  ];
  if (wishes.renews === true) phases.push((last) => lookAgain(last as readonly Claim[], letter));
  if (wishes.closes === true) phases.push((last) => releaseClaims(last as readonly Claim[]));
  return { name: letter, phases, mortal: wishes.mortal === true, ahead: wishes.ahead === true };
}

function* lookAgain(held: readonly Claim[], letter: string): Steps<readonly Claim[]> {
  const renewal = yield* renewPlaces(held, yield* locate(), starterOf(letter, "1"));
  if (renewal.lost) throw renewal.problems[0];
  return renewal.claims;
}

/** The former rule: a server claims the first place, after a look whether one lives at the others. */
export function formerServer(letter: string, wishes: PlaceWishes = {}): Program {
  function* start(): Steps<readonly Claim[]> {
    const [first, ...others] = yield* locate();
    for (const place of others) {
      const { facts } = yield { kind: "lstat", path: place.path };
      if (facts === undefined) continue;
      const answer = yield { kind: "connect", path: place.path };
      if (answer.code !== "ECONNREFUSED" && answer.code !== "ENOENT") throw inUse(place);
    }
    yield { kind: "mkdir", path: first.directory };
    return [yield* claimPlace(first, starterOf(letter, "0"))];
  }
  return { name: letter, phases: [start], ahead: wishes.ahead === true };
}

/** The session manager of the system: logouts and logins, each in one step. */
export function sessions(events: ("login" | "logout")[], ahead = false): Program {
  function* change(): Steps<void> {
    for (const [index, event] of events.entries()) {
      if (event === "login") yield { kind: "mkdir", path: RUNTIME };
      else yield { kind: "rename", path: RUNTIME, to: `/gone${index}` };
    }
  }
  return { name: "sessions", ahead, phases: [change] };
}

/** A sweeper of temporary directories that takes the claim of a server in /tmp, and its socket. */
export function temporarySweeper(letter: string): Program {
  function* sweep(): Steps<void> {
    yield { kind: "unlink", path: tmp.path };
    yield { kind: "unlink", path: `${tmp.claim}/${letter}00000000000` };
    yield { kind: "rmdir", path: tmp.claim };
  }
  return { name: "sweeper", ahead: true, phases: [sweep] };
}

/** The process that a client reaches: it looks at the places in order. */
function reachedIn(world: ModelWorld): string | undefined {
  return world.listenerAt(run.path) ?? world.listenerAt(tmp.path);
}

function serversOf(processes: readonly Process[], closingPhase: number): Process[] {
  return processes.filter(
    ({ name, state, phase, begun }) =>
      name !== "sessions" &&
      name !== "sweeper" &&
      (state === "done" || state === "running") &&
      phase >= 1 &&
      (phase < closingPhase || (phase === closingPhase && !begun)),
  );
}

/**
 * Checks that there is at most one server at any time, which every client reaches, also while it renews its
 * places; in the end one, if all that started stayed. `closingPhase` is the one that gives back.
 */
export function oneServer(closingPhase: number = Number.POSITIVE_INFINITY): Check {
  return (world, processes, ended) => {
    const servers = serversOf(processes, closingPhase);
    if (servers.length > 1) return `two servers: ${servers.map(({ name }) => name).join(" and ")}`;
    const [one] = servers;
    if (one !== undefined && reachedIn(world) !== one.name) {
      return `clients do not reach ${one.name}, but ${String(reachedIn(world))}`;
    }
    const stayed = processes.every(({ state }) => state === "done" || state === "failed");
    if (ended && stayed && closingPhase === Number.POSITIVE_INFINITY && one === undefined) {
      return "no server";
    }
    return losersFault(processes);
  };
}

/** Checks that there are never two servers. */
export const neverTwo: Check = (_, processes) =>
  serversOf(processes, Number.POSITIVE_INFINITY).length > 1 ? "two servers" : undefined;

/** Checks that one server is left at the end, at every place that exists. */
export const atEveryPlace: Check = (world, processes, ended) => {
  if (!ended) return losersFault(processes);
  const [one, ...more] = serversOf(processes, Number.POSITIVE_INFINITY);
  if (one === undefined) return "no server";
  if (more.length > 0) return "two servers remain";
  const places = world.paths.includes(RUNTIME) ? [run, tmp] : [tmp];
  const away = places.find(({ path }) => world.listenerAt(path) !== one.name);
  if (away !== undefined) return `${one.name} is not at ${away.path}`;
  return losersFault(processes);
};
