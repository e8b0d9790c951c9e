import { describe, expect, it } from "vitest";
import { FramingError, isFramingError } from "./index.ts";

describe("given a FramingError", () => {
  it("says what happened and what to do, with the numbers", () => {
    const error = new FramingError("IPC_FRAMING_FRAME_TOO_LARGE", { limit: 10, length: 11 });
    expect(error).toMatchObject({ name: "FramingError", context: { limit: 10, length: 11 } });
    expect(error.message).toBe(
      "A frame of at least 11 bytes exceeds the limit of 10. Raise maxFrameBytes, or send less in one frame.",
    );
  });

  it("names the byte of a header that is not one", () => {
    const context = { position: 3, byte: 0x0a };
    expect(new FramingError("IPC_FRAMING_MALFORMED_HEADER", context).message).toContain(
      "0x0a at position 3",
    );
  });

  it("blames the peer for bytes and the caller for calls", () => {
    expect(new FramingError("IPC_FRAMING_EMPTY_LINE", {}).blame).toBe("peer");
    const misuse = new FramingError("IPC_FRAMING_MISUSE", { reason: "decode-after-end" });
    expect(misuse.blame).toBe("caller");
  });

  it("is told apart from other errors, and by its code", () => {
    const error = new FramingError("IPC_FRAMING_TRUNCATED", { buffered: 1 });
    expect(isFramingError(error)).toBe(true);
    expect(isFramingError(error, "IPC_FRAMING_TRUNCATED") && error.context.buffered).toBe(1);
    expect(isFramingError(error, "IPC_FRAMING_EMPTY_LINE")).toBe(false);
    expect(isFramingError(new Error("other"))).toBe(false);
  });
});
