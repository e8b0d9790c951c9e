import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Child, type ChildOptions } from "./child.ts";

/** The surroundings of a case: its directory and its processes. Both are gone after `clear`. */
export class Stage {
  readonly directory: string = mkdtempSync(join(tmpdir(), "endurance-"));
  readonly #children = new Set<Child<object>>();

  /** Start a process of this app. */
  start<Routines extends object>(options: ChildOptions): Child<Routines> {
    const child = new Child<Routines>(options);
    this.#children.add(child);
    return child;
  }

  /** The path of a file or socket. */
  path(name: string): string {
    return join(this.directory, name);
  }

  /** End what runs, and remove what it leaves. */
  async clear(): Promise<void> {
    await Promise.all(Array.from(this.#children, (child) => child.kill()));
    rmSync(this.directory, { recursive: true, force: true });
  }
}
