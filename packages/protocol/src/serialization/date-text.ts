/** The `toJSON` that dates have by nature. */
// oxlint-disable-next-line typescript/unbound-method -- only compared
export const dateToJson: unknown = Date.prototype.toJSON;

/** The longest text of a date has a sign and six digits for its year. */
const longest = "+275760-09-13T00:00:00.000Z".length;

/** The form of a date: its ISO 8601 text in UTC, to the millisecond, or null for an invalid date. */
export function dateText(date: Date): string | null {
  // The built-in's own, whatever a subclass makes of it.
  const time = Date.prototype.getTime.call(date);
  return Number.isNaN(time) ? null : new Date(time).toISOString();
}

/** The date of such a text; `undefined` for any other. */
export function parseDate(text: unknown): Date | undefined {
  if (text === null) return new Date(Number.NaN);
  if (typeof text !== "string" || text.length > longest) return undefined;
  const date = new Date(text);
  return dateText(date) === text ? date : undefined;
}
