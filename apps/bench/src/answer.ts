import { createBirpc } from "birpc";

/** Offers this child's routines to the parent, and ends this child when the parent is gone. */
export function answer(routines: object): void {
  createBirpc(routines, {
    post: (message) => process.send?.(message),
    on: (receive) => process.on("message", receive),
  });
  process.on("disconnect", () => process.exit());
}
