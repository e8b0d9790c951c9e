/**
 * The content of a stream: bytes, whose cutting means nothing, or values, each as it is. On the wire it is
 * the kind of the attachment that stands for the stream.
 */
export type StreamKind = "ByteStream" | "ValueStream";

/** Tell whether the kind of an attachment is that of a stream. */
export function isStreamKind(kind: unknown): kind is StreamKind {
  return kind === "ByteStream" || kind === "ValueStream";
}
