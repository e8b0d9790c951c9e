import type { Offer, Report, Unreadable } from "./contract.ts";

// Data of another process is looked at once, here, and trusted after that.

/** The data of `sign-on`. Throws a `TypeError` for anything else. */
export function parseOffer(data: unknown): Offer {
  const { pid, holding } = membersOf(data);
  const isList = Array.isArray(holding) && holding.every((path) => typeof path === "string");
  if (typeof pid === "number" && isList) return { pid, holding };
  throw new TypeError("This is no offer of a worker.");
}

/** The data of `report`. Throws a `TypeError` for anything else. */
export function parseReport(data: unknown): Report {
  const { path, sha256, modified, bytes, lines, words } = membersOf(data);
  if (
    typeof path === "string" &&
    Buffer.isBuffer(sha256) &&
    typeof modified === "number" &&
    typeof bytes === "number" &&
    typeof lines === "number" &&
    typeof words === "number"
  ) {
    return { path, sha256, modified, bytes, lines, words };
  }
  throw new TypeError("This is no report of a worker.");
}

/** The data of `unreadable`. Throws a `TypeError` for anything else. */
export function parseUnreadable(data: unknown): Unreadable {
  const { path, code } = membersOf(data);
  if (typeof path === "string" && typeof code === "string") return { path, code };
  throw new TypeError("This is no complaint of a worker.");
}

function membersOf(data: unknown): Record<string, unknown> {
  return typeof data === "object" && data !== null ? { ...data } : {};
}
