import type { InboundStream } from "@ipc/protocol";

/** Stop the sources of the streams in a message that has no taker. */
export function cancelUnread(streams: readonly InboundStream[] | undefined): void {
  if (streams === undefined) return;
  const reason = {
    name: "Error",
    message: "The message that the stream came with has no listener or handler.",
  };
  for (const stream of streams) stream.cancel(reason);
}
