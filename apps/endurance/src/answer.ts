import { createBirpc } from "birpc";

/** Offers this process's routines to the one that started it, and ends with that one. */
export function answer(routines: object): void {
  createBirpc(routines, {
    post: (message) => process.send?.(message),
    on: (receive) => process.on("message", receive),
  });
  process.on("disconnect", () => process.exit());
}
