import { Buffer } from "node:buffer";
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { recordError, RemoteError } from "../src/index.ts";
import { anyValue } from "./any-value.ts";
import { choices } from "./choices.ts";
import { countOf } from "./dice.ts";
import { asJson, textCodec } from "./json-model.ts";
import { isSameGraph } from "./same-graph.ts";
import { codeOf, connected, type StreamScene } from "./stream-scene.ts";
import { Well } from "./tank.ts";

/** The number of values that all places together are given; IPC_TEST_LONG asks for more. */
const values = countOf("IPC_TEST_VALUES", 800, 6_000);
const runs = Math.ceil(values / 17);

/** The fate of a value: it arrived, or the code of the error with which it was refused. */
type Fate = { readonly arrived: unknown } | { readonly code: unknown };

type Send = (scene: StreamScene, value: unknown) => Fate;

/** The codes of what a sender is told at once. */
const ofSender = new Set<unknown>([
  "IPC_NOT_ENCODABLE",
  "IPC_TOO_DEEP",
  "IPC_TOO_MANY_ATTACHMENTS",
  "IPC_STREAM_NOT_SENDABLE",
]);

function sendEvent({ client, server, pair }: StreamScene, value: unknown): Fate {
  try {
    client.session?.emit("e", value);
  } catch (error) {
    return { code: codeOf(error) };
  }
  pair.settle();
  const event = server.seen.find((one) => one[0] === "event");
  if (event?.[0] !== "event") return { code: "nothing has come" };
  return event[1] === "ipc:report" ? { code: codeOf(event[2]) } : { arrived: event[2] };
}

function fateOf({ client }: StreamScene): Fate {
  const reply = client.seen.flatMap((one) => (one[0] === "reply" ? [one[2]] : []))[0];
  if (reply === undefined) return { code: "no reply has come" };
  return reply.type === "data" ? { arrived: reply.data } : { code: codeOf(reply.error) };
}

function sendCall(scene: StreamScene, value: unknown): Fate {
  const { client, server, pair } = scene;
  server.answer = (_, id) => server.session?.calls.reply(id, "thanks");
  try {
    client.session?.calls.invoke("c", value, { event: "c" }, 0, 0);
  } catch (error) {
    return { code: codeOf(error) };
  }
  pair.settle();
  const fate = fateOf(scene);
  const call = server.seen.flatMap((one) => (one[0] === "call" ? [{ arrived: one[2] }] : []))[0];
  return call ?? fate;
}

function sendReply(scene: StreamScene, value: unknown): Fate {
  const { client, server, pair } = scene;
  server.answer = (_, id) => {
    try {
      server.session?.calls.reply(id, value);
    } catch (error) {
      server.session?.calls.replyError(id, recordError(error, false));
    }
  };
  client.session?.calls.invoke("c", 1, { event: "c" }, 0, 0);
  pair.settle();
  return fateOf(scene);
}

function sendInStream(scene: StreamScene, value: unknown): Fate {
  const { client, pair, tank } = scene;
  const well = new Well([], true);
  let refusal: unknown;
  well.pull = () => {
    try {
      well.stream?.push(value);
      well.stream?.end();
    } catch (error) {
      refusal = error;
      well.stream?.fail(recordError(error, false));
    }
  };
  client.session?.emit("s", well);
  pair.settle();
  const [basin] = tank.basins;
  basin?.read();
  pair.settle();
  if (refusal !== undefined) return { code: codeOf(basin?.stream.error) };
  if (basin?.stream.error !== undefined) return { code: codeOf(basin.stream.error) };
  return basin?.chunks.length === 1 ? { arrived: basin.chunks[0] } : { code: "nothing has come" };
}

/** An error with a value wherever there may be one. */
function errorWith(value: unknown): Error {
  const errors = [value, new Error("inner", { cause: value })];
  return Object.assign(new AggregateError(errors, "outer", { cause: value }), { value });
}

function failCall(scene: StreamScene, value: unknown): Fate {
  const { client, server, pair } = scene;
  for (const thrown of [value, errorWith(value)]) {
    server.answer = (_, id) => server.session?.calls.replyError(id, recordError(thrown, true));
    client.session?.calls.invoke("c", 1, { event: "c" }, 0, 0);
    pair.settle();
  }
  const [first, second] = client.seen.flatMap((one) =>
    one[0] === "reply" && one[2].type === "error" ? [one[2].error] : [],
  );
  return first instanceof RemoteError && second?.message === "outer"
    ? { arrived: undefined }
    : { code: "no error has come" };
}

function failStream({ client, pair, tank }: StreamScene, value: unknown): Fate {
  const well = new Well([], true);
  well.pull = () => well.stream?.fail(recordError(errorWith(value), true));
  client.session?.emit("s", well);
  pair.settle();
  const [basin] = tank.basins;
  basin?.read();
  pair.settle();
  return { code: basin?.stream.error?.message };
}

function cancelStream({ client, pair, tank }: StreamScene, value: unknown): Fate {
  const well = new Well([], true);
  well.dry = true;
  client.session?.emit("s", well);
  pair.settle();
  const [basin] = tank.basins;
  basin?.read();
  basin?.stream.cancel(recordError(errorWith(value), true));
  pair.settle();
  return { code: (well.stopped?.cause as Error | undefined)?.message };
}

/** Tells whether a value in JSON is refused, or arrives as the manual says. */
function isRightInJson(value: unknown, fate: Fate, inStream: boolean): boolean {
  if ("code" in fate && fate.code === "IPC_TOO_MANY_ATTACHMENTS") return true;
  let meant: unknown;
  try {
    meant = asJson(value);
  } catch {
    return "code" in fate && ofSender.has(fate.code);
  }
  if (inStream && (meant === undefined || meant === null)) {
    return "code" in fate && fate.code === "IPC_NOT_ENCODABLE";
  }
  return "arrived" in fate && isDeepStrictEqual(fate.arrived, meant);
}

function isRightInAdvanced(value: unknown, fate: Fate): boolean {
  return "arrived" in fate ? isSameGraph(fate.arrived, value) : ofSender.has(fate.code);
}

const isRight = {
  json: isRightInJson,
  advanced: isRightInAdvanced,
  // A codec may make something else of a value.
  text: (_: unknown, fate: Fate) => "arrived" in fate || isToldOfCodec(fate.code),
};

function isToldOfCodec(code: unknown): boolean {
  return ["IPC_NOT_ENCODABLE", "IPC_NOT_DECODABLE", "IPC_INVALID_DATA"].includes(String(code));
}

describe.each(["json", "advanced", "text"] as const)(
  "any value in the serialization %s",
  (name) => {
    const serialization = name === "text" ? textCodec : choices[name];

    /** Sends value after value over one session, which none of them may end. */
    function check(send: Send, isAsMeant: (value: unknown, fate: Fate) => boolean): void {
      const scene = connected({ serialization });
      fc.assert(
        fc.property(anyValue, (value) => {
          const { client, server, clientTank, tank } = scene;
          for (const seen of [client.seen, server.seen, tank.basins, clientTank.basins])
            seen.length = 0;
          const fate = send(scene, value);
          expect([client.session?.phase, server.session?.phase]).toEqual(["open", "open"]);
          expect([client.session?.openStreams, client.session?.stats.pendingCalls]).toEqual([0, 0]);
          return isAsMeant(value, fate);
        }),
        { numRuns: runs },
      );
    }

    it.each([
      ["an event", sendEvent],
      ["a call", sendCall],
      ["a reply", sendReply],
      // A codec has no place for streams.
      ...(name === "text" ? [] : [["a stream", sendInStream] as const]),
    ] as const)(
      "arrives in %s or is refused at its sender, and the session goes on",
      (place, send) => {
        check(send, (value, fate) => isRight[name](value, fate, place === "a stream"));
      },
    );

    it("is no obstacle to an error that has it as its cause, among its errors or as a member", () => {
      check(failCall, (_, fate) => "arrived" in fate);
      // A codec has no place for streams.
      if (name === "text") return;
      check(failStream, (_, fate) => "code" in fate && fate.code === "outer");
      check(cancelStream, (_, fate) => "code" in fate && fate.code === "outer");
    });
  },
);

describe("a value that cannot be read on arrival", () => {
  const bad = { text: "\u00e9" };

  it("costs the event, the call or the reply that it is in, and not the session", () => {
    const sent = [sendEvent, sendCall, sendReply].map((send) => {
      const scene = connected({ serialization: textCodec });
      const fate = send(scene, bad);
      expect(scene.client.session?.phase).toBe("open");
      for (const list of [scene.client.seen, scene.server.seen, scene.tank.basins]) list.length = 0;
      expect(send(scene, "good")).toEqual({ arrived: "good" });
      return fate;
    });
    expect(sent).toEqual([
      { code: "IPC_NOT_DECODABLE" },
      { code: "IPC_INVALID_DATA" },
      { code: "IPC_NOT_DECODABLE" },
    ]);
  });

  it("fails the stream that it is in, and stops its source", () => {
    const { client, server, pair, tank } = connected({
      serialization: choices.advanced,
      recovers: false,
    });
    client.session?.emit("s", new Well([], true));
    pair.settle();
    const [basin] = tank.basins;
    basin?.read();
    server.pump();
    server.takeBytes();
    const newer = '{"stream":{"id":1,"data":{"$regexp":["(?<a>x)|(?<a>y)|(","?"]}}}';
    server.feed(Buffer.from(`{"stream":{"id":1,"data":1}}\n${newer}\n${newer}\n`));
    expect([basin?.chunks, codeOf(basin?.stream.error)]).toEqual([[1], "IPC_NOT_DECODABLE"]);
    expect(server.takeBytes().toString()).toMatch(
      /^\{"stream":\{"id":1,"cancel":\{"error":\{"name":"ProtocolError",[^\n]+"code":"IPC_NOT_DECODABLE"\}\}\}\}\n$/,
    );
    server.feed(Buffer.from('{"stream":{"id":1,"end":true}}\n'));
    expect([server.session?.phase, server.session?.openStreams]).toEqual(["open", 0]);
  });

  it("is left out of what was lost", () => {
    const scene = connected({ serialization: textCodec });
    scene.pair.cut();
    scene.client.session?.emit("bad", bad);
    scene.client.session?.emit("good", 1);
    scene.client.session?.close({ reason: "requested" }, 0);
    scene.client.pump();
    const [end] = scene.client.ends;
    expect(end?.lost?.unsent).toEqual([
      { event: "bad", data: undefined },
      { event: "good", data: 1 },
    ]);
  });
});
