import { expect, it } from "vitest";
import { Drops } from "./drops.ts";

it("counts by event and reason, and begins anew with each report", () => {
  const drops = new Drops();
  drops.add("price", "queue-full");
  drops.add("price", "queue-full");
  drops.add("price", "expired");
  const report = drops.take();
  expect(report).toMatchObject({ code: "IPC_EVENT_DROPPED", context: { events: 3 } });
  expect(report.message).toContain(`2 "price" queue-full, 1 "price" expired`);
  expect(drops.empty).toBe(true);
});

it.each([15, 16, 17])("names 16 kinds of %d one by one", (kinds) => {
  const drops = new Drops();
  for (let count = 0; count < kinds; count++) drops.add(`event ${count}`, "expired");
  const { message } = drops.take();
  expect(message.match(/"event/g)).toHaveLength(Math.min(16, kinds));
  expect(message.includes("others")).toBe(kinds > 16);
});

it.each([63, 64, 65])("keeps 64 characters of a name of %d", (length) => {
  const drops = new Drops();
  const name = "x".repeat(length);
  drops.add(name, "expired");
  drops.count(name);
  const kept = length > 64 ? `${"x".repeat(64)}…` : name;
  expect(drops.all).toEqual({ [kept]: 2 });
  expect(drops.take().message).toContain(`1 "${kept}" expired`);
});
