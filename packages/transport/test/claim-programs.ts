import { renewPlaces } from "../src/claim-places.ts";
import { type Claim, claimPlace, releaseClaim, type Starter } from "../src/claim.ts";
import type { Place } from "../src/endpoint.ts";
import { TransportError } from "../src/errors.ts";
import type { Steps } from "../src/operations.ts";
import { sweepOrphans } from "../src/sweep.ts";
import type { Check, Process, Program } from "./explore.ts";

/** The place that all want. */
export const place: Place = { directory: "/D", path: "/D/p", claim: "/D/l", origin: "default" };

export interface Wishes {
  readonly ahead?: boolean;
  readonly mortal?: boolean;
  readonly closes?: boolean;
  readonly sweeps?: boolean;
  readonly renews?: boolean;
  readonly locks?: boolean;
}

/** A process that claims the place, after which it may sweep, look again, or close. */
export function starter(letter: string, wishes: Wishes = {}): Program {
  const self = (): Starter => {
    let count = 0;
    return {
      uid: 1000,
      mode: 0o600,
      locks: wishes.locks === true,
      freshName: () => `${letter}${count++}`.padEnd(12, "0"),
    };
  };
  const phases: Program["phases"][number][] = [
    function* claim(): Steps<Claim> {
      if (wishes.sweeps === true) yield* sweepOrphans(place, self());
      return yield* claimPlace(place, self());
    },
  ];
  if (wishes.renews === true) {
    phases.push((last) =>
      lookAgain(last as Claim, { ...self(), freshName: () => `${letter}0000000000f` }),
    );
  }
  if (wishes.closes === true) phases.push((last) => releaseClaim(last as Claim));
  return { name: letter, phases, mortal: wishes.mortal === true, ahead: wishes.ahead === true };
}

/** The look of a listener, now and then: it mends a swept place, or gives a lost one up. */
function* lookAgain(own: Claim, starting: Starter): Steps<Claim> {
  const renewal = yield* renewPlaces([own], [place], starting);
  if (renewal.lost) throw renewal.problems[0];
  return renewal.claims[0] ?? own;
}

/** Owners: they were told that the place is theirs, live, and have not begun to give it back. */
function ownersOf(processes: readonly Process[]): Process[] {
  return processes.filter(
    ({ name, state, phase, begun }) =>
      name !== "sweeper" && (state === "done" || state === "running") && phase === 1 && !begun,
  );
}

export function losersFault(processes: readonly Process[]): string | undefined {
  const odd = processes.find(
    ({ state, result }) =>
      state === "failed" && !(result instanceof TransportError && result.code === "EADDRINUSE"),
  );
  return odd === undefined ? undefined : `${odd.name} failed oddly: ${String(odd.result)}`;
}

/** Checks that there is at most one owner at any time, which the public path reaches, and one at the end if any process is left. */
export const oneOwner: Check = (world, processes, ended) => {
  const owners = ownersOf(processes);
  if (owners.length > 1) return `two winners: ${owners.map(({ name }) => name).join(" and ")}`;
  const [owner] = owners;
  if (owner !== undefined && world.listenerAt(place.path) !== owner.name) {
    return `the public path does not reach ${owner.name}`;
  }
  const allStayed = processes.every(
    ({ state, phase }) => state === "failed" || (state === "done" && phase === 1),
  );
  if (ended && allStayed && owner === undefined) return "no winner";
  return losersFault(processes);
};

/** Checks that exactly one owner is left at the end and that the public path reaches it. */
export const oneRemains: Check = (world, processes, ended) => {
  if (!ended) return losersFault(processes);
  const [owner, ...more] = processes.filter(
    ({ name, state }) => name !== "sweeper" && state === "done",
  );
  if (owner === undefined) return "no owner remains";
  if (more.length > 0) return "two owners remain";
  if (world.listenerAt(place.path) !== owner.name) return `${owner.name} is out of reach`;
  return losersFault(processes);
};

/** A sweeper of temporary directories that has taken these files of an owner. */
export function sweeper(...paths: string[]): Program {
  function* sweep(): Steps<void> {
    for (const path of paths) yield { kind: "unlink", path };
    yield { kind: "rmdir", path: place.claim };
  }
  return { name: "sweeper", ahead: true, phases: [sweep] };
}

function* probeUnlinkListen(): Steps<void> {
  for (;;) {
    const listening = yield { kind: "listen", path: place.path };
    if (listening.code === undefined) return;
    const answer = yield { kind: "connect", path: place.path };
    if (answer.code === undefined) throw new TransportError("EADDRINUSE", place.path, "taken");
    yield { kind: "unlink", path: place.path };
  }
}

/** The obvious variant: probe, unlink, listen. */
export function obvious(name: string): Program {
  return { name, phases: [probeUnlinkListen] };
}
