/** The code of the error with which a promise is rejected, or "answered". */
export async function codeOf(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => "answered",
    (error: { code?: unknown }) => error.code,
  );
}
