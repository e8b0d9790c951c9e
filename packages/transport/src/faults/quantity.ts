import { TransportError } from "../transport-error.ts";

/** A number, or a range out of which each use draws an integer, both ends included. */
export type Quantity = number | { readonly min: number; readonly max: number };

/** The integer to use this time. `random` gives numbers from 0 up to, not including, 1. */
export function draw(quantity: Quantity, random: () => number): number {
  if (typeof quantity === "number") return quantity;
  const { min, max } = quantity;
  return min + Math.floor(random() * (max - min + 1));
}

/** Refuse, with `IPC_TRANSPORT_OPTION`, what is no integer, too small, or a range upside down. */
export function checkQuantity(what: string, quantity: Quantity, least: number): void {
  const { min, max } = typeof quantity === "number" ? { min: quantity, max: quantity } : quantity;
  if (Number.isSafeInteger(min) && Number.isSafeInteger(max) && min >= least && max >= min) return;
  throw new TransportError(
    "IPC_TRANSPORT_OPTION",
    "faults",
    `The ${what} is ${JSON.stringify(quantity)}, but must be an integer from ${least} on, or { min, max } of such.`,
  );
}
