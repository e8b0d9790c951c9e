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

const classes: ReadonlyMap<string, new (message: string) => Error> = new Map(
  [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError].map((type) => [
    type.name,
    type,
  ]),
);

/**
 * An error of the built-in class of a name, or else an `Error` that is called so. What is no stack of its own
 * is its name and message: the stack of its decoding would tell nothing.
 */
export function nativeError(name: string, message: string, stack: string | undefined): Error {
  const error = withoutStack(() => create(name, message));
  if (error.name !== name) defineHidden(error, "name", name);
  defineHidden(error, "stack", stack ?? `${name}: ${message}`);
  return error;
}

/** Define a member of an error that is not enumerable, as the built-in ones are. */
export function defineHidden(error: Error, key: string, value: unknown): void {
  Object.defineProperty(error, key, { value, writable: true, configurable: true });
}

function create(name: string, message: string): Error {
  if (name === "AggregateError") return new AggregateError([], message);
  return new (classes.get(name) ?? Error)(message);
}

// Tracing the stack costs far more time and memory than all else; Reflect does not throw where intrinsics are frozen.
function withoutStack(make: () => Error): Error {
  const { stackTraceLimit } = Error;
  Reflect.set(Error, "stackTraceLimit", 0);
  try {
    return make();
  } finally {
    Reflect.set(Error, "stackTraceLimit", stackTraceLimit);
  }
}
