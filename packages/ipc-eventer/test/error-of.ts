/** The error of a call. */
export async function errorOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => "answered",
    (error: unknown) => error,
  );
}
