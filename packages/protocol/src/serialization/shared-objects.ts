/** The form of an object that was written before. */
export interface ObjectReference {
  $ref: number;
}

/** Where in a copy the form of an object stands. */
interface Place {
  readonly holder: object;
  readonly key: string | number;
  /** The one reference that stands everywhere else. */
  reference: ObjectReference | undefined;
}

/** The objects of one message, so that one that is met again is referred to instead of copied. */
export class SharedObjects {
  // In the order in which they are met, which is the order of the text.
  readonly #places = new Map<object, Place>();
  #anyShared = false;

  /** The reference to an object; `undefined` if it is met for the first time, and is now to stand at `holder[key]`. */
  refer(value: object, holder: object, key: string | number): ObjectReference | undefined {
    const place = this.#places.get(value);
    if (place === undefined) {
      this.#places.set(value, { holder, key, reference: undefined });
      return undefined;
    }
    this.#anyShared = true;
    place.reference ??= { $ref: 0 };
    return place.reference;
  }

  /** Wrap each form that is referred to into `{"$def":[id,form]}`, once the copy is complete. */
  define(): void {
    if (!this.#anyShared) return;
    let id = 0;
    for (const { holder, key, reference } of this.#places.values()) {
      if (reference === undefined) continue;
      reference.$ref = id;
      Reflect.set(holder, key, { $def: [id, Reflect.get(holder, key)] });
      id++;
    }
  }
}
