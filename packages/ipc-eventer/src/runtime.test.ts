import { describe, expect, it } from "vitest";
import { checkRuntime, runtimeProblem } from "./runtime.ts";

describe("the runtime", () => {
  it.each([
    [{ node: "20.19.0" }],
    [{ node: "20.20.2" }],
    [{ node: "22.12.0" }],
    [{ node: "24.1.0" }],
    [{ node: "26.0.0" }],
    [{ node: "24.3.0", bun: "1.4.5" }],
    [{ node: "24.3.0", bun: "2.0.0" }],
    [{ node: "24.3.0", deno: "2.8.0" }],
  ])("is fine as %j", (versions) => {
    expect(runtimeProblem(versions)).toBeUndefined();
  });

  it.each([
    [{ node: "18.20.0" }, /^Node\.js 18\.20\.0 is not supported: use 20\.19/],
    [{ node: "20.18.3" }, /^Node\.js 20\.18\.3/],
    [{ node: "21.7.0" }, /^Node\.js 21\.7\.0/],
    [{ node: "22.11.0" }, /^Node\.js 22\.11\.0/],
    [{ node: "24.3.0", bun: "1.3.9" }, /^Bun 1\.3\.9 is not supported: use 1\.4 or later/],
    [{ node: "24.3.0", deno: "2.7.4" }, /^Deno 2\.7\.4 is not supported: use 2\.8 or later/],
  ])("is told of in a sentence as %j", (versions, sentence) => {
    expect(runtimeProblem(versions)).toMatch(sentence);
  });

  it("of these tests is fine", () => {
    checkRuntime();
    expect(runtimeProblem(process.versions)).toBeUndefined();
  });
});
