import { describe, expect, it } from "vitest";
import { codeOf } from "../test/code-of.ts";
import { haveVectors, hex, readVectors } from "../test/vectors.ts";
import {
  cpaceGenerator,
  elligator2,
  generatorString,
  intermediateSessionKey,
  lvCat,
} from "./cpace.ts";
import { Initiator, Responder } from "./handshake.ts";
import { PasswordKeys } from "./password-keys.ts";
import { importPoint, importScalarForTesting, x25519 } from "./primitives.ts";

interface CpaceVectors {
  prepend_len: { in: string; out: string }[];
  lv_cat: { in: string[]; out: string }[];
  cpace_x25519_sha512: Record<string, string>;
  low_order_points: { s: string; points: { name: string; u: string; q: string; abort: boolean }[] };
}

describe.runIf(haveVectors)("the vectors of draft-irtf-cfrg-cpace-21", () => {
  const vectors = (haveVectors ? readVectors("cpace-x25519-vectors.json") : {}) as CpaceVectors;
  const value = (name: string): Buffer => hex(vectors.cpace_x25519_sha512[name] ?? "");

  it("prepend a length as the draft does", () => {
    for (const { in: input, out } of vectors.prepend_len) {
      expect(lvCat(hex(input)).toString("hex")).toBe(out);
    }
    for (const { in: inputs, out } of vectors.lv_cat) {
      expect(lvCat(...inputs.map(hex)).toString("hex")).toBe(out);
    }
  });

  it("give the draft's generator string, generator, shares and session key", () => {
    const [prs, ci, sid] = [value("PRS"), value("CI"), value("sid")];
    expect(generatorString(prs, ci, sid)).toEqual(value("generator_string"));
    const g = cpaceGenerator(prs, ci, sid);
    expect(g).toEqual(value("g"));
    const ya = importScalarForTesting(value("ya"));
    const yb = importScalarForTesting(value("yb"));
    expect(x25519(ya, importPoint(g))).toEqual(value("Ya"));
    expect(x25519(yb, importPoint(g))).toEqual(value("Yb"));
    const k = x25519(ya, importPoint(value("Yb")));
    expect(k).toEqual(value("K"));
    expect(x25519(yb, importPoint(value("Ya")))).toEqual(k);
    const initiator = { share: value("Ya"), associatedData: value("ADa") };
    const responder = { share: value("Yb"), associatedData: value("ADb") };
    expect(intermediateSessionKey(k, initiator, responder, sid)).toEqual(value("ISK_IR"));
  });
});

describe.runIf(haveVectors)("the draft's points of low order", () => {
  const { low_order_points: file } = (
    haveVectors ? readVectors("cpace-x25519-vectors.json") : { low_order_points: {} }
  ) as CpaceVectors;

  it("end the handshake in both roles, and the others multiply as published", async () => {
    const key = await new PasswordKeys().derive("password", "realm");
    expect(file.points).toHaveLength(12);
    for (const { u, q, abort } of file.points) {
      const exchange = {
        ownPreface: Buffer.from("own\n"),
        peerPreface: Buffer.from("peer\n"),
        peerShare: hex(u),
      };
      for (const agree of [
        () => new Initiator(key).handleServerPreface(exchange),
        () => new Responder(key).handleClientPreface(exchange),
      ]) {
        expect(codeOf(agree)).toBe(abort ? "IPC_SHARE_INVALID" : "no error");
      }
      const scalar = importScalarForTesting(hex(file.s));
      const product = (): string => x25519(scalar, importPoint(hex(u))).toString("hex");
      expect(abort || product() === q).toBe(true);
    }
  });
});

describe.runIf(haveVectors)("the vectors of RFC 9380, appendix J.4", () => {
  it("map every field element to the published point", () => {
    const { map_vectors: cases } = readVectors("rfc9380-curve25519-ell2.json") as {
      map_vectors: { u: string; x: string }[];
    };
    expect(cases).toHaveLength(15);
    for (const { u, x } of cases) {
      const mapped = elligator2(hex(u.slice(2)).toReversed());
      expect(`0x${Buffer.from(mapped.toReversed()).toString("hex")}`).toBe(x);
    }
  });
});
