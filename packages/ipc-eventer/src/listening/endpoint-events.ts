import type { AnyListener, DataOf, EventMap, EventName } from "./event-map.ts";
import type { LocalName } from "./lifecycle-events.ts";
import { ContextEmitter } from "./listeners.ts";

/**
 * The listening half of servers and clients: the events of their own life, `Lifecycle`, and those of
 * their peers, `In`, whose listeners are given `Rest` behind the data. `Out` maps what is
 * sent to peers, which is not emitted here.
 */
export class EndpointEvents<
  Lifecycle extends { [K in keyof Lifecycle]: AnyListener },
  In extends EventMap<In>,
  Out extends EventMap<Out>,
  Rest extends readonly unknown[],
> extends ContextEmitter {
  override on<K extends keyof Lifecycle & string>(event: K, listener: Lifecycle[K]): this;
  override on<K extends EventName<In>>(
    event: K,
    listener: (data: DataOf<In, K>, ...rest: Rest) => unknown,
  ): this;
  override on(event: string | symbol, listener: AnyListener): this {
    return super.on(event, listener);
  }

  override once<K extends keyof Lifecycle & string>(event: K, listener: Lifecycle[K]): this;
  override once<K extends EventName<In>>(
    event: K,
    listener: (data: DataOf<In, K>, ...rest: Rest) => unknown,
  ): this;
  override once(event: string | symbol, listener: AnyListener): this {
    return super.once(event, listener);
  }

  /**
   * Node's own local emit. What is for a peer goes by a socket's `emit`; a server's `broadcastAll`
   * sends to all clients.
   */
  override emit<K extends string | symbol>(
    event: LocalName<K, Out>,
    ...values: unknown[]
  ): boolean {
    return super.emit(event, ...values);
  }
}
