/** Throws, as a trap or getter. */
export function touched(): never {
  throw new Error("touched");
}

/** An error that throws at whatever is done with it. */
export function hostile(): Error {
  const traps = { get: touched, has: touched, getPrototypeOf: touched, ownKeys: touched };
  return new Proxy(new Error("hostile"), { ...traps, getOwnPropertyDescriptor: touched });
}
