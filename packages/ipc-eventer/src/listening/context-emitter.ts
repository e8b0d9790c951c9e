import { AsyncResource } from "node:async_hooks";
import { EventEmitter } from "node:events";
import type { AnyListener } from "./event-map.ts";

/** An EventEmitter whose listeners run in the async context of the code that attached them. */
export class ContextEmitter extends EventEmitter {
  override on(event: string | symbol, listener: AnyListener): this {
    return super.on(event, inContext(listener));
  }

  override addListener(event: string | symbol, listener: AnyListener): this {
    return super.on(event, inContext(listener));
  }

  override prependListener(event: string | symbol, listener: AnyListener): this {
    return super.prependListener(event, inContext(listener));
  }

  override once(event: string | symbol, listener: AnyListener): this {
    return super.on(event, this.#once(event, listener));
  }

  override prependOnceListener(event: string | symbol, listener: AnyListener): this {
    return super.prependListener(event, this.#once(event, listener));
  }

  #once(event: string | symbol, listener: AnyListener): AnyListener {
    if (typeof listener !== "function") return listener;
    const bound = inContext(listener);
    const once = (...values: unknown[]): unknown => {
      this.removeListener(event, once);
      return bound(...values);
    };
    return Object.assign(once, { listener });
  }
}

function inContext(listener: AnyListener): AnyListener {
  // What is no function is refused by the emitter, in its own words.
  if (typeof listener !== "function") return listener;
  const context = new AsyncResource("IPCListener");
  // By its `listener`, node's EventEmitter finds it again for `off`.
  const bound = (...values: unknown[]): unknown =>
    context.runInAsyncScope(listener, undefined, ...values);
  return Object.assign(bound, { listener });
}
