import { ProtocolError } from "../error.ts";
import type { DeclaredLimits } from "../limits.ts";

/** How much a message takes, as the message limits count it. */
export interface Extent {
  /** Bytes of text and attachments. */
  readonly size: number;
  readonly attachments: number;
}

/** The error of a message that the peer's declared limits forbid; `undefined` if it takes it. */
export function forbiddenBy(
  peer: DeclaredLimits,
  { size, attachments }: Extent,
): ProtocolError | undefined {
  if (size > peer.message) return tooLargeForPeer(size, peer.message);
  return attachments > peer.attachments ? tooManyForPeer(attachments, peer.attachments) : undefined;
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
