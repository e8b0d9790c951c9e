/** Up to here looking at each is faster than hashing. */
const few = 16;

/** Objects that were met, told apart by identity. */
export class Identities {
  readonly #first: object[];
  #further: Set<object> | undefined;

  constructor(first: object) {
    this.#first = [first];
  }

  /** Tell whether an object is met for the first time. */
  add(value: object): boolean {
    if (this.#further === undefined) {
      if (this.#first.includes(value)) return false;
      this.#first.push(value);
      if (this.#first.length > few) this.#further = new Set(this.#first);
      return true;
    }
    if (this.#further.has(value)) return false;
    this.#further.add(value);
    return true;
  }
}
