import type { Case } from "./case.ts";
import { history } from "./cases/history.ts";
import { kills } from "./cases/kills.ts";

/** All cases, in the order of the README. */
export const cases: readonly Case[] = [history, kills];
