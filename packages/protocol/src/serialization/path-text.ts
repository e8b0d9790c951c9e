/** Characters of a path that are shown; what is further in is left out. */
const shownLength = 200;

const identifier = /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u;
const index = /^(?:0|[1-9]\d*)$/;

/** Where in the data something is, as one would write it: `data.rows[3]["a key"]`. */
export function pathText(path: readonly (string | number)[]): string {
  let text = "data";
  for (const step of path) {
    text += stepText(String(step).slice(0, shownLength));
    if (text.length > shownLength) return `${text.slice(0, shownLength)}…`;
  }
  return text;
}

function stepText(step: string): string {
  if (index.test(step)) return `[${step}]`;
  return identifier.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
}
