/** Characters of a path that are shown; what is further in is left out. */
const shownLength = 200;

/** Where in the data something is, as one would write it: `data.rows[3]["a key"]`. */
export function pathText(path: readonly (string | number)[]): string {
  let text = "data";
  for (const step of path) {
    if (text.length > shownLength) return `${text.slice(0, shownLength)}…`;
    if (typeof step === "number") text += `[${step}]`;
    else
      text += /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(step)
        ? `.${step}`
        : `[${JSON.stringify(step)}]`;
  }
  return text;
}
