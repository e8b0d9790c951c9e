import { describe, expect, it } from "vitest";
import { ProtocolError } from "../error.ts";
import { encodeRefusal, reasonOfCode, refusalCode, refusalError } from "./refusal.ts";

describe("a refusal", () => {
  it("is one line", () => {
    expect(encodeRefusal("IPC_NOT_IPC")).toBe(`{"error":"IPC_NOT_IPC"}\n`);
  });

  it("carries the code of our errors, and none of foreign ones", () => {
    expect(refusalCode(new ProtocolError("IPC_NOT_IPC", "peer", ""))).toBe("IPC_NOT_IPC");
    expect(refusalCode(new Error("inner secrets"))).toBe("IPC_REFUSED");
    expect(refusalCode(Object.assign(new Error("x"), { code: "ENOENT" }))).toBe("IPC_REFUSED");
  });

  it("says of us what we say of the peer", () => {
    expect(refusalError("IPC_VERSION_MISMATCH").code).toBe("IPC_VERSION_MISMATCH");
    expect(refusalError("IPC_PEER_IS_PLAINTEXT").code).toBe("IPC_PEER_REQUIRES_PASSWORD");
    expect(refusalError("IPC_PEER_REQUIRES_PASSWORD").code).toBe("IPC_PEER_IS_PLAINTEXT");
  });

  it("repeats a code, digits included, and nothing else that a peer may say", () => {
    const known = refusalError("IPC_FRAMING_INVALID_UTF8");
    expect(known.code).toBe("IPC_REFUSED");
    expect(known.context).toEqual({ refusal: "IPC_FRAMING_INVALID_UTF8" });
    const unknown = refusalError("\u001b[2Jrm -rf");
    expect(unknown.message).not.toContain("rm");
    expect(unknown.context).toEqual({});
  });

  it("becomes a close reason", () => {
    expect(reasonOfCode("IPC_HEARTBEAT_TIMEOUT")).toBe("timed-out");
    expect(reasonOfCode("IPC_SLOW_CONSUMER")).toBe("slow-consumer");
    expect(reasonOfCode("IPC_PEER_IS_PLAINTEXT")).toBe("authentication");
    expect(reasonOfCode("IPC_INVALID_JSON")).toBe("violation");
  });
});
