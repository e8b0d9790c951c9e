/**
 * A serialization of the application's own: a pair of inverse functions between values and bytes, such as the
 * `encode` and `decode` of a msgpack or CBOR library.
 *
 * Both are called while a message is sent or read, and must do nothing but their work.
 */
export interface Codec {
  /** Its name at both sides: 1 to 32 letters, digits, dots, dashes or underscores; not `json` or `advanced`. */
  readonly name: string;
  /** The bytes of a value, never of `undefined`. They are not copied and must not change afterwards. */
  encode(value: unknown): Uint8Array;
  /** The value of such bytes. They are the application's own to keep. */
  decode(bytes: Uint8Array): unknown;
}
