import type { Case } from "./case.ts";
import { history } from "./cases/history.ts";
import { kills } from "./cases/kills.ts";
import { pausing } from "./cases/pauses.ts";
import { stuckReader } from "./cases/stuck-reader.ts";
import { conflated } from "./cases/conflated.ts";
import { parked } from "./cases/parked.ts";
import { soak } from "./cases/soak.ts";
import { cost } from "./cases/cost.ts";
import { lastWords } from "./cases/last-words.ts";
import { streams } from "./cases/streams.ts";
import { hostileMember } from "./cases/hostile-member.ts";

/** All cases, in the order of the README. */
export const cases: readonly Case[] = [
  history,
  kills,
  pausing,
  stuckReader,
  conflated,
  parked,
  streams,
  hostileMember,
  lastWords,
  soak,
  cost,
];
