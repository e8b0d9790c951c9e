/** Tell whether a value is an object as JSON knows it: neither null nor an array. */
export function isJsonObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * A member of a parsed object; `undefined` if the peer has not sent it, even if a program has added one of that name
 * to `Object.prototype`.
 */
export function ownMember(object: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

/** The members of a parsed object, without those that a program has added to `Object.prototype`. */
export function ownMembers(
  object: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const members: Record<string, unknown> = { __proto__: null };
  return Object.assign(members, object);
}
