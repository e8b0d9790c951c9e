import { describe, expect, it } from "vitest";
import { EventOpenings, longestName, readData } from "./event-openings.ts";

/** A reader that has seen these events. */
function having(...names: string[]): EventOpenings {
  const openings = new EventOpenings();
  for (const name of names) openings.learn(JSON.stringify([name, null]), name);
  return openings;
}

describe("the opening of an event's line", () => {
  it("tells its name, once that was seen", () => {
    const openings = having("tick");
    expect(openings.find('["tick",1]')).toBe("tick");
    expect(openings.find('["tock",1]')).toBeUndefined();
    expect(openings.find('["tick"]')).toBeUndefined();
    expect(openings.find('["tick" ,1]')).toBeUndefined();
    expect(openings.find('["ticker",1]')).toBeUndefined();
    expect(openings.find("[")).toBeUndefined();
    expect(openings.find('["')).toBeUndefined();
    expect(openings.find('[1,"tick",2]')).toBeUndefined();
  });

  it("may belong to a name of any characters", () => {
    for (const name of ["", "é", "a,b", "],[", "🙂"]) {
      expect(having(name).find(JSON.stringify([name, 1]))).toBe(name);
    }
  });

  it("is not remembered of a name that is written with escapes", () => {
    for (const name of ['"', "\\", "\n", 'a","b', "\\u0041", '\\"']) {
      expect(having(name).find(JSON.stringify([name, 1]))).toBeUndefined();
    }
    const openings = new EventOpenings();
    openings.learn('["\\u0041",1]', "A");
    expect(openings.find('["\\u0041",1]')).toBeUndefined();
    expect(openings.find('["A",1]')).toBeUndefined();
  });

  it.each([
    [longestName - 1, true],
    [longestName, true],
    [longestName + 1, false],
  ])("of a name of %d characters: remembered is %s", (length, remembered) => {
    const name = "x".repeat(length);
    expect(having(name).find(`["${name}",1]`)).toBe(remembered ? name : undefined);
  });

  it("is forgotten for another in its place", () => {
    const names = Array.from({ length: 100 }, (_, index) => `event-${index}`);
    const openings = having(...names);
    const known = names.filter((name) => openings.find(`["${name}",1]`) === name);
    expect(known.length).toBeGreaterThan(0);
    expect(known.length).toBeLessThanOrEqual(16);
  });
});

describe("the data behind an opening", () => {
  it("is exactly one JSON value", () => {
    expect(readData('["e",{"a":[1]}]', "e")).toEqual({ a: [1] });
    expect(readData('["e", null ]', "e")).toBeNull();
    for (const line of ['["e",]', '["e",1,2]', '["e",1],["e",2]', '["e",[1]', '["e",1}', '["e",']) {
      expect(readData(line, "e")).toBeUndefined();
    }
  });
});
