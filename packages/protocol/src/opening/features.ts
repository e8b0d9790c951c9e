/**
 * A feature that a side may offer in its preface beyond the bare wire; in force is what both offer.
 *
 * - `recovery`: messages are counted and acknowledged, and a session may outlive its connection;
 * - `fragments`: large messages and lanes other than 0 go in fragments;
 * - `streams`: streams may be among the data.
 */
export const allFeatures: readonly Feature[] = ["recovery", "fragments", "streams"];

/** The name of a feature. */
export type Feature = "recovery" | "fragments" | "streams";
