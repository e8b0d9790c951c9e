import { describe, expect, it } from "vitest";
import { assertRoomName, Rooms } from "./rooms.ts";

describe("rooms", () => {
  it("have the sockets that were added, each once, until they are removed", () => {
    const rooms = new Rooms<string>();
    rooms.add("lobby", "Ada");
    rooms.add("lobby", "Bob");
    rooms.add("lobby", "Ada");
    rooms.add("garden", "Ada");
    expect([...rooms.membersOf("lobby")]).toEqual(["Ada", "Bob"]);
    rooms.remove("lobby", "Ada");
    expect([...rooms.membersOf("lobby")]).toEqual(["Bob"]);
    expect([...rooms.membersOf("garden")]).toEqual(["Ada"]);
  });

  it("are empty until a member is added, and one that was never added may be removed", () => {
    const rooms = new Rooms<string>();
    rooms.add("lobby", "Ada");
    rooms.remove("lobby", "Bob");
    rooms.remove("nowhere", "Bob");
    expect([...rooms.membersOf("nowhere")]).toEqual([]);
    expect(rooms.size).toBe(1);
  });

  it("may have any text for a name", () => {
    const rooms = new Rooms<string>();
    for (const name of ["", "__proto__", "constructor", "a\u0000b", "\ud800", "Raum für alle"]) {
      assertRoomName(name);
      rooms.add(name, name);
      expect([...rooms.membersOf(name)]).toEqual([name]);
    }
  });

  it("leave no entry behind after 10,000 were entered and left", () => {
    const rooms = new Rooms<string>();
    for (let n = 0; n < 10_000; n++) {
      rooms.add(`room ${n}`, "Ada");
      rooms.add(`room ${n}`, "Bob");
      rooms.remove(`room ${n}`, "Ada");
      rooms.remove(`room ${n}`, "Bob");
    }
    expect(rooms.size).toBe(0);
  });
});
