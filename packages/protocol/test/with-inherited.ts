/** The answer of some work while `Object.prototype` has further enumerable members, as some old programs give it. */
export function withInherited<Answer>(
  members: Readonly<Record<string, unknown>>,
  work: () => Answer,
): Answer {
  const added = Object.entries(members).map(([key, value]) => {
    return [key, { value, enumerable: true, configurable: true, writable: true }] as const;
  });
  // oxlint-disable-next-line no-extend-native -- what this helper is for, and undoes
  Object.defineProperties(Object.prototype, Object.fromEntries(added));
  try {
    return work();
  } finally {
    for (const [key] of added) Reflect.deleteProperty(Object.prototype, key);
  }
}
