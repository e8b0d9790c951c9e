/** Members of an error that have a place of their own in its form; its other enumerable ones are its data. */
const known: ReadonlySet<string> = new Set(["name", "message", "stack", "cause"]);

/** The labels of an error: always strings, whatever its members are. */
export function errorLabels(error: Error): Record<string, string> {
  const { name, message, stack }: Readonly<Record<"name" | "message" | "stack", unknown>> = {
    name: error.name,
    message: error.message,
    stack: error.stack,
  };
  return {
    name: typeof name === "string" ? name : "Error",
    message: typeof message === "string" ? message : "",
    ...(typeof stack === "string" && { stack }),
  };
}

/** The own members with any value that are not enumerable as the built-in classes make them. */
export function hiddenMembers(error: Error): string[] {
  const isHidden = Object.hasOwn(error, "errors") && !Object.keys(error).includes("errors");
  return [...(Object.hasOwn(error, "cause") ? ["cause"] : []), ...(isHidden ? ["errors"] : [])];
}

/** Tell whether a member of an error has a place of its own in the error's form. */
export function isErrorMember(key: string): boolean {
  return known.has(key);
}
