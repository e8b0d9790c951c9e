type NoContext = Readonly<Record<string, never>>;

/** The context of each error code: the closed set of this package's codes. */
export interface FramingErrorContexts {
  /** Line and attachments of one frame exceed `maxFrameBytes`. `length` is what is known of the frame so far. */
  readonly IPC_FRAMING_FRAME_TOO_LARGE: { readonly limit: number; readonly length: number };
  readonly IPC_FRAMING_TOO_MANY_ATTACHMENTS: { readonly limit: number };
  /** `position` counts bytes from the `*` that begins the header. */
  readonly IPC_FRAMING_MALFORMED_HEADER: { readonly position: number; readonly byte: number };
  readonly IPC_FRAMING_EMPTY_LINE: NoContext;
  readonly IPC_FRAMING_CARRIAGE_RETURN: NoContext;
  readonly IPC_FRAMING_INVALID_UTF8: NoContext;
  /** The bytes ended inside a frame of which `buffered` bytes were held. */
  readonly IPC_FRAMING_TRUNCATED: { readonly buffered: number };
  readonly IPC_FRAMING_NOT_ONE_FRAME: NoContext;
  readonly IPC_FRAMING_PAYLOAD_TOO_LARGE: { readonly limit: number; readonly length: number };
  readonly IPC_FRAMING_PREFIX_MISMATCH: {
    readonly position: number;
    readonly expected: number;
    readonly byte: number;
  };
  readonly IPC_FRAMING_INVALID_TEXT: {
    readonly reason: "empty" | "line-feed" | "carriage-return" | "reserved-first-character";
  };
  /** An option out of its range; or one that is not among the `known`, with an empty name what is no set of options. */
  readonly IPC_FRAMING_INVALID_OPTION:
    | {
        readonly option: string;
        readonly value: unknown;
        readonly min: number;
        readonly max: number;
      }
    | {
        readonly option: string;
        readonly known: readonly string[];
        readonly nearest: string | undefined;
      };
  readonly IPC_FRAMING_MISUSE: { readonly reason: "decode-within-decode" | "decode-after-end" };
}

/** The name of one way in which framing fails. */
export type FramingErrorCode = keyof FramingErrorContexts;

type Failure<C extends FramingErrorCode = FramingErrorCode> = {
  [K in C]: readonly [code: K, context: FramingErrorContexts[K]];
}[C];

/** An error of this package: bytes that are not a legal stream of frames, or a call that cannot be honoured. */
export class FramingError extends Error {
  override readonly name = "FramingError";
  readonly code: FramingErrorCode;
  /** The facts beside the message, by code; `isFramingError` with a code tells its type. */
  readonly context: FramingErrorContexts[FramingErrorCode];

  constructor(...failure: Failure) {
    super(describe(failure));
    [this.code, this.context] = failure;
  }

  /** The side that is to blame: the caller of this package, or the peer that sent the bytes. */
  get blame(): "caller" | "peer" {
    return CALLER_FAULTS.has(this.code) ? "caller" : "peer";
  }
}

/** Tells whether `value` is a `FramingError`, and with `code` whether it is that one. */
export function isFramingError<C extends FramingErrorCode = FramingErrorCode>(
  value: unknown,
  code?: C,
): value is FramingError & { readonly code: C; readonly context: FramingErrorContexts[C] } {
  return value instanceof FramingError && (code === undefined || value.code === code);
}

function describe<C extends FramingErrorCode>(failure: Failure<C>): string {
  return MESSAGES[failure[0]](failure[1]);
}

const CALLER_FAULTS: ReadonlySet<FramingErrorCode> = new Set([
  "IPC_FRAMING_INVALID_TEXT",
  "IPC_FRAMING_INVALID_OPTION",
  "IPC_FRAMING_MISUSE",
]);

const MESSAGES: { [C in FramingErrorCode]: (context: FramingErrorContexts[C]) => string } = {
  IPC_FRAMING_FRAME_TOO_LARGE: ({ limit, length }) =>
    `A frame of at least ${length} bytes exceeds the limit of ${limit}. Raise maxFrameBytes, or send less in one frame.`,
  IPC_FRAMING_TOO_MANY_ATTACHMENTS: ({ limit }) =>
    `A frame announces more than ${limit} attachments. Raise maxAttachments, or send fewer in one frame.`,
  IPC_FRAMING_MALFORMED_HEADER: ({ position, byte }) =>
    `A header has the byte ${hex(byte)} at position ${position}, where it is not allowed. The peer does not speak this format, or bytes were lost.`,
  IPC_FRAMING_EMPTY_LINE: () => "A line is empty. End each line with exactly one LF.",
  IPC_FRAMING_CARRIAGE_RETURN: () => "A line ends with CR LF. End lines with LF alone.",
  IPC_FRAMING_INVALID_UTF8: () =>
    "A line is not valid UTF-8. Send text as UTF-8, and bytes as attachments.",
  IPC_FRAMING_TRUNCATED: ({ buffered }) =>
    `The bytes ended inside a frame, ${buffered} bytes of which had arrived. The peer closed the connection before it had written all.`,
  IPC_FRAMING_NOT_ONE_FRAME: () =>
    "These bytes are not exactly one frame. Decode one at a time, or use a FrameDecoder.",
  IPC_FRAMING_PAYLOAD_TOO_LARGE: ({ limit, length }) =>
    `A payload of ${length} bytes exceeds the limit of ${limit}. Send less at once, or raise maxPayloadBytes.`,
  IPC_FRAMING_PREFIX_MISMATCH: ({ position, expected, byte }) =>
    `A header has the byte ${hex(byte)} at position ${position} where its prefix has ${hex(expected)}. The peer does not speak this format, or bytes were lost.`,
  IPC_FRAMING_INVALID_TEXT: ({ reason }) => `This text cannot be a line: ${INVALID_TEXT[reason]}`,
  IPC_FRAMING_INVALID_OPTION: (context) => {
    if (!("known" in context)) {
      const { option, value, min, max } = context;
      return `${option} is ${String(value)}. Give a whole number from ${min} to ${max}.`;
    }
    const { option, known, nearest } = context;
    if (option === "") return `Options are given as an object that has ${known.join(", ")}.`;
    const meant = nearest === undefined ? "" : ` Did you mean "${nearest}"?`;
    return `There is no option "${option}".${meant} There are ${known.join(", ")}.`;
  },
  IPC_FRAMING_MISUSE: ({ reason }) =>
    reason === "decode-after-end"
      ? "decode was called after end. Use a new decoder for a new stream."
      : "decode or end was called by the sink of the same decoder. Return from the sink first.",
};

const INVALID_TEXT: Record<FramingErrorContexts["IPC_FRAMING_INVALID_TEXT"]["reason"], string> = {
  empty: "it is empty. Send at least one character.",
  "line-feed": "it contains LF. Escape line feeds, as JSON does.",
  "carriage-return": "it ends with CR. Remove it: lines end with LF alone.",
  "reserved-first-character": "it begins with *, which begins a header. Begin it otherwise.",
};

function hex(byte: number): string {
  return `0x${byte.toString(16).padStart(2, "0")}`;
}
