import type { SessionParts } from "./session-parts.ts";

/** Tell the application which of its flushes are through, by what the peer has acknowledged. */
export function tellFlushed({ inbox, outbound }: SessionParts): void {
  for (const mark of outbound.takeFlushed()) {
    inbox.tell({ type: "flushed", mark, error: undefined });
  }
}
