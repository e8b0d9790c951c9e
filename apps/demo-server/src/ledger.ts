import { posix } from "node:path";
import type { Returned, Summary, Tally, Wrong } from "./contract.ts";
import type { Entry } from "./journal.ts";

type Counts = Omit<Tally, "name">;

/** The certain knowledge: the sum of all journal entries, whichever process wrote them. */
export class Ledger {
  readonly #files = new Set<string>();
  readonly #settled = new Set<string>();
  readonly #endings = new Map<string, Tally>();
  readonly #workers = new Map<string, Tally>();
  readonly #returned: Returned[] = [];
  readonly #wrong: Wrong[] = [];
  #repeats = 0;
  #gone = 0;

  /** Files that are counted, gone or wrong. */
  get settled(): number {
    return this.#settled.size;
  }

  /** Files there are to count. */
  get total(): number {
    return this.#files.size;
  }

  get returned(): readonly Returned[] {
    return [...this.#returned];
  }

  /** Tells whether a path is one of the files to count. */
  knows(path: string): boolean {
    return this.#files.has(path);
  }

  isSettled(path: string): boolean {
    return this.#settled.has(path);
  }

  /** The files that are not settled, in order. */
  get open(): string[] {
    return [...this.#files].filter((path) => !this.#settled.has(path));
  }

  add(entry: Entry): void {
    switch (entry.kind) {
      case "files":
        for (const path of entry.paths) this.#files.add(path);
        return;
      case "result":
        this.#settled.add(entry.path);
        count(this.#endings, posix.extname(entry.path) || "(none)", entry);
        count(this.#workers, entry.worker, entry);
        return;
      case "repeat":
        this.#repeats += 1;
        return;
      case "gone":
        this.#settled.add(entry.path);
        this.#gone += 1;
        return;
      case "wrong":
        this.#settled.add(entry.path);
        this.#wrong.push({ worker: entry.worker, path: entry.path, why: entry.why });
        return;
      case "returned":
        this.#returned.push({ worker: entry.worker, files: entry.files });
    }
  }

  summary(): Summary {
    return {
      total: this.total,
      endings: [...this.#endings.values()].toSorted((a, b) => b.files - a.files),
      workers: [...this.#workers.values()].toSorted((a, b) => a.name.localeCompare(b.name)),
      returned: this.returned,
      repeats: this.#repeats,
      gone: this.#gone,
      wrong: [...this.#wrong],
    };
  }
}

function count(tallies: Map<string, Tally>, name: string, more: Omit<Counts, "files">): void {
  const { files, lines, words, bytes } = tallies.get(name) ?? none;
  tallies.set(name, {
    name,
    files: files + 1,
    lines: lines + more.lines,
    words: words + more.words,
    bytes: bytes + more.bytes,
  });
}

const none: Counts = { files: 0, lines: 0, words: 0, bytes: 0 };
