import type { SystemErrorCode } from "../errors.ts";
import type { Quantity } from "./quantity.ts";

/** Where bytes of a connection go: to the side that listened, or to the one that dialled. */
export type Direction = "toServer" | "toClient";

/** How a connection is cut: both sides get `ECONNRESET`, or both find a clean end of the stream. */
export type Cut = "reset" | "end";

/** Milliseconds, or turns of the transport's `schedule`. */
export type Delay = Quantity | { readonly turns: Quantity };

/**
 * The faults of one connection. They change when and in which chunks bytes arrive, and where they
 * stop; never their order or value. A call replaces what an earlier one of the same name said.
 * Without a direction it is meant for both. All throw `IPC_TRANSPORT_OPTION` for a number out of
 * range.
 */
export interface ConnectionFaults {
  /**
   * Hand the bytes over in chunks of this size, at least 1, across the boundaries of what was sent,
   * as a socket may do. A chunk is smaller when no more bytes wait.
   */
  split(size: Quantity, direction?: Direction): void;
  /**
   * Let what is sent from now on arrive that much later, the end of the stream included. What is
   * sent later never overtakes.
   */
  delay(delay: Delay, direction?: Direction): void;
  /**
   * Let nothing arrive, not even an end, until `release`: the peer is alive and silent. What is sent
   * meanwhile waits at its sender, whose `send` answers false at the high-water mark.
   */
  stall(direction?: Direction): void;
  /** Let arrive what `stall` held. */
  release(direction?: Direction): void;
  /** End the open connection now. Nothing that is under way arrives. Default: `"reset"`. */
  cut(how?: Cut): void;
  /**
   * End the connection when that many bytes, counted from its beginning, have arrived in a
   * direction; at once if they have. With 0 it ends as soon as it is open. Default: `"reset"`.
   */
  cutAfter(byteCount: number, direction: Direction, how?: Cut): void;
  /** The bytes that have arrived in a direction so far. */
  arrived(direction: Direction): number;
  /** End all faults: take back all the settings above. What is delayed already stays so. */
  clear(): void;
}

/**
 * The faults of a memory transport, held and steered by a test. Said here, a fault is meant for all
 * connections, present and to come; `cut` for the present ones, `arrived` for the sum of all.
 */
export interface Faults extends ConnectionFaults {
  /** The connections opened so far. */
  readonly connectionCount: number;
  /**
   * The faults of one connection, counted from 0 in the order of dialling. It may still be to come:
   * its settings then hold from its first byte on. `cut` throws `IPC_TRANSPORT_OPTION` before.
   */
  connection(index: number): ConnectionFaults;
  /**
   * Let dials fail with that code, an operating system's such as `ECONNREFUSED` or `EAGAIN`: the
   * next `dials` ones, by default all until `accept` or `clear`.
   */
  refuse(code: SystemErrorCode, dials?: number): void;
  /** Let dials through again. */
  accept(): void;
}
