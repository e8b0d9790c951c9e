import { advanced } from "../src/advanced.ts";

/** The serializations of the library, by name. */
export const choices = { json: "json", advanced } as const;
