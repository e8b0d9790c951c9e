import { ProtocolError } from "../error.ts";
import type { EncodedEvent } from "../event-encoder.ts";
import type { DeclaredLimits } from "../limits.ts";

/** The error of a message that the peer's declared limits forbid; `undefined` if it takes it. */
export function forbiddenBy(peer: DeclaredLimits, event: EncodedEvent): ProtocolError | undefined {
  if (event.size > peer.message) return tooLargeForPeer(event.size, peer.message);
  const count = event.attachments.length;
  return count > peer.attachments ? tooManyForPeer(count, peer.attachments) : undefined;
}

function tooLargeForPeer(size: number, limit: number): ProtocolError {
  return new ProtocolError(
    "IPC_MESSAGE_TOO_LARGE",
    "caller",
    `The message takes ${size} bytes and the peer accepts ${limit}: it was not sent.`,
    { context: { size, limit } },
  );
}

function tooManyForPeer(attachments: number, limit: number): ProtocolError {
  return new ProtocolError(
    "IPC_TOO_MANY_ATTACHMENTS",
    "caller",
    `The message has ${attachments} binary values and the peer accepts ${limit}: it was not sent.`,
    { context: { attachments, limit } },
  );
}
