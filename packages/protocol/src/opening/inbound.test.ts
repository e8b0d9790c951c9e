import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { secureChannels } from "../../test/secure-channels.ts";
import { Acks } from "../outbox/acks.ts";
import { Inbound } from "./inbound.ts";
import { Inbox } from "../session/inbox.ts";
import { MessageEncoder } from "../messages/message-encoder.ts";
import { declaredFloor, defaultLimits } from "../limits.ts";
import { MessageReader } from "../messages/message-reader.ts";
import { protectionOf } from "./secure-opening.ts";
import { JsonSerialization } from "../serialization/json-serialization.ts";
import type { Opened, Opening } from "./opening.ts";
import { Streams } from "../streams/streams.ts";

/** An opening of three bytes that has to wait until the instant 5. */
class ThreeBytes implements Opening {
  retryAt = 5;
  retried: number[] = [];
  #count = 0;

  read(chunk: Uint8Array): Opened | undefined {
    const taken = Math.min(chunk.length, 3 - this.#count);
    this.#count += taken;
    if (this.#count < 3) return undefined;
    return { limits: declaredFloor, features: [], rest: chunk.subarray(taken) };
  }

  retry(now: number): void {
    this.retried.push(now);
  }
}

const ignore = (): void => undefined;

function setUp(): { inbound: Inbound; opening: ThreeBytes; events: () => unknown[] } {
  const inbox = new Inbox();
  const serialization = new JsonSerialization();
  const encoder = new MessageEncoder(defaultLimits, serialization);
  const messages = new MessageReader(defaultLimits, serialization, {
    inbox,
    acks: new Acks(),
    streams: new Streams({ limits: defaultLimits, encoder, inbox, carrier: undefined }),
    exchange: { handleCall: ignore, handleUnreadable: ignore },
    dialogue: { handleControl: () => true },
  });
  messages.openUp();
  inbox.open();
  const opening = new ThreeBytes();
  const events = (): unknown[] => {
    const names: unknown[] = [];
    const handleEvent = (name: string): unknown => names.push(name);
    const sink = { handleEvent, handleHello: ignore, handleWelcome: ignore, handleClosed: ignore };
    const calls = { handleCall: ignore, handleCancel: ignore, handleReply: ignore };
    inbox.deliver({ ...sink, ...calls }, false);
    return names;
  };
  return { inbound: new Inbound(opening, messages), opening, events };
}

describe("Inbound", () => {
  it("tells once how the opening ended, and takes messages from then on", () => {
    const { inbound, events } = setUp();
    expect(inbound.read(Buffer.from("ab"), 0)).toBeUndefined();
    expect(inbound.isOpening).toBe(true);
    const opened = inbound.read(Buffer.from("cde"), 0);
    expect(opened).toMatchObject({ rest: Buffer.from("de") });
    expect(inbound.isOpening).toBe(false);
    expect(inbound.read(Buffer.from(`["hello"]\n`), 0)).toBeUndefined();
    expect(events()).toEqual(["hello"]);
  });

  it("lets the opening try again at its instant, not before, and never when it is over", () => {
    const { inbound, opening } = setUp();
    inbound.retry(4);
    expect(opening.retried).toEqual([]);
    inbound.retry(5);
    expect(opening.retried).toEqual([5]);
    inbound.read(Buffer.from("abc"), 6);
    expect(inbound.retryAt).toBe(Infinity);
    inbound.retry(7);
    expect(opening.retried).toEqual([5]);
  });

  it("takes nothing but records once it is protected", async () => {
    const { client, server } = await secureChannels();
    const { inbound, events } = setUp();
    inbound.read(Buffer.from("abc"), 0);
    inbound.protect(protectionOf(server));
    inbound.read(Buffer.concat(client.sealer.seal([`["sealed"]\n`])), 0);
    expect(events()).toEqual(["sealed"]);
    expect(() => inbound.read(Buffer.from(`["plain"]\n`), 0)).toThrowError(
      expect.objectContaining({ code: "IPC_RECORD_UNEXPECTED" }),
    );
    expect(events()).toEqual([]);
  });

  it("tells of a protected stream that ended without the peer's close", async () => {
    const { client, server } = await secureChannels();
    const { inbound } = setUp();
    expect(inbound.end()).toBeUndefined();
    inbound.protect(protectionOf(server));
    expect(inbound.end()).toMatchObject({ code: "IPC_TRUNCATED" });
    const whole = setUp().inbound;
    const other = await secureChannels();
    whole.protect(protectionOf(other.server));
    whole.read(Buffer.from("abc"), 0);
    whole.read(Buffer.from(other.client.sealer.close()), 0);
    expect(whole.end()).toBeUndefined();
    client.sealer.drop();
  });

  it("takes nothing more once it is stopped", () => {
    const { inbound, events } = setUp();
    inbound.read(Buffer.from("abc"), 0);
    inbound.stop();
    inbound.read(Buffer.from(`["late"]\n`), 0);
    expect(events()).toEqual([]);
  });
});
