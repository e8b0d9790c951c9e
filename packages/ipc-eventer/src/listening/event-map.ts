/* oxlint-disable typescript/no-explicit-any -- without a map any event takes any data */

/** The map of those who give none: any event, any data, any reply. */
export interface AnyEvents {
  [event: string]: (data?: any) => any;
}

/**
 * The shape of a map: an interface or type whose members are functions from an event's data to its
 * reply, `void` where none is expected. One map serves both ends, each in its direction:
 * `new IPCServer<ToServer, ToClient>` and `new IPCClient<ToClient, ToServer>`.
 */
export type EventMap<T> = { [K in keyof T]: (data: any) => unknown };

/** The names of a map's events. */
export type EventName<T> = keyof T & string;

/** The data argument of an event, as a list of one: optional where the map says so, `undefined` where it has none. */
export type DataArgument<T, K extends keyof T> = T[K] extends (...data: infer A) => unknown
  ? A extends []
    ? [data?: undefined]
    : A extends [data: infer D]
      ? [data: D]
      : A extends [data?: infer D]
        ? [data?: D]
        : never
  : never;

/** The data that a listener or handler of an event is given. */
export type DataOf<T, K extends keyof T> = DataArgument<T, K>[0];

/** The reply to a call of an event. */
export type ReplyOf<T, K extends keyof T> = T[K] extends (...data: any[]) => infer R
  ? Awaited<R>
  : never;

/** A listener, whatever it takes. */
export type AnyListener = (...values: any[]) => unknown;

/** Arguments, whatever they are. */
export type AnyArguments = any[];
