import { EventEmitter } from "node:events";

/** Where a rejection of a listener's promise goes. */
export type RejectionListener = (error: unknown) => void;

/**
 * The listeners of one socket: node's EventEmitter kept inside, so that none of its own events and
 * methods meet the wire.
 */
export class Listeners extends EventEmitter {
  readonly #onRejection: RejectionListener;

  constructor(onRejection: RejectionListener) {
    super({ captureRejections: true });
    this.#onRejection = onRejection;
  }

  static {
    hearRejections(Listeners, (listeners, error) => listeners.reject(error));
  }

  /** Say that a listener's promise was rejected. */
  reject(error: unknown): void {
    this.#onRejection(error);
  }
}

/** Let a class of emitters hear the rejections of its listeners' promises, and of which event they were. */
export function hearRejections<T extends EventEmitter>(
  type: { readonly prototype: T },
  hear: (emitter: T, error: unknown, event: unknown) => void,
): void {
  Object.defineProperty(type.prototype, EventEmitter.captureRejectionSymbol, {
    value(this: T, error: unknown, event: unknown): void {
      hear(this, error, event);
    },
  });
}

/**
 * Emit on an emitter so that a listener's throw surfaces as an uncaught exception, as from any
 * callback, while the caller goes on.
 */
export function emitSafely(emitter: EventEmitter, event: string, ...values: unknown[]): void {
  try {
    emitter.emit(event, ...values);
  } catch (error) {
    throwLater(error);
  }
}

/** Raise an uncaught exception once the present work is done. */
export function throwLater(error: unknown): void {
  process.nextTick(rethrow, error);
}

function rethrow(error: unknown): never {
  throw error;
}

/** Leave a listener's rejection unhandled, as it would have been without us. */
export async function rejectUnhandled(error: unknown): Promise<never> {
  throw error;
}
