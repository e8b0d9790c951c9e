import type { Outcome, Row } from "../case.ts";
import type { Mode } from "./pair.ts";

/** The findings of one show: a measure each, and the bound that it must keep, if there is one. */
export class Finding implements Outcome {
  readonly rows: Row[] = [];
  readonly broken: string[] = [];
  readonly #mode: Mode;
  readonly #show: string;

  constructor(mode: Mode, show: string) {
    this.#mode = mode;
    this.#show = show;
  }

  /** Note a figure; `bound` says what it should be. */
  tell(measure: string, found: string | number, bound = ""): void {
    this.rows.push({ mode: this.#mode, show: this.#show, measure, found, bound });
  }

  /** Note a figure that must hold. */
  check(measure: string, found: string | number, bound: string, held: boolean): void {
    this.tell(measure, found, bound);
    if (!held) this.broken.push(`${this.#mode}, ${this.#show}: ${measure} ${found}, not ${bound}`);
  }
}
