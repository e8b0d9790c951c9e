import { TransportError } from "../errors.ts";

/** A number, or a range out of which each use draws an integer, both ends included. */
export type Quantity = number | { readonly min: number; readonly max: number };

/** The integer to use this time. `random` gives numbers from 0 up to, not including, 1. */
export function draw(quantity: Quantity, random: () => number): number {
  if (typeof quantity === "number") return quantity;
  const { min, max } = quantity;
  return min + Math.floor(random() * (max - min + 1));
}

/** Refuse, with `IPC_TRANSPORT_OPTION`, what is no integer, out of bounds, or a range upside down. */
export function checkQuantity(
  what: string,
  quantity: Quantity,
  least: number,
  most: number = Number.MAX_SAFE_INTEGER,
): void {
  const { min, max } = typeof quantity === "number" ? { min: quantity, max: quantity } : quantity;
  const inBounds = min >= least && max >= min && max <= most;
  if (Number.isSafeInteger(min) && Number.isSafeInteger(max) && inBounds) return;
  throw new TransportError(
    "IPC_TRANSPORT_OPTION",
    "faults",
    `The ${what} is ${JSON.stringify(quantity)}, but must be an integer from ${least} to ${most}, or { min, max } of such.`,
  );
}
