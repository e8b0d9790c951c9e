import { CryptoError } from "../src/error.ts";

/** The code of the `CryptoError` that an action throws. */
export function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    return codeIn(error);
  }
  return "no error";
}

/** The code of the `CryptoError` that a promise is rejected with. */
export async function rejectionCodeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    return codeIn(error);
  }
  return "no error";
}

function codeIn(error: unknown): string {
  if (error instanceof CryptoError) return error.code;
  throw error;
}
