import type {
  InboundStream,
  OutboundStream,
  ProtocolError,
  Streamable,
  StreamCarrier,
  StreamSource,
} from "@ipc/protocol";
import type { Driver } from "../driver/driver.ts";
import { IncomingStream } from "./incoming-stream.ts";
import { discardSource, ReadableSource } from "./readable-source.ts";

/** The peer whose streams they are. */
interface PortOwner {
  readonly driver: Driver;
  /** True if the stacks of errors are sent. */
  readonly sendStacks: boolean;
}

/** The place at which the streams of an application enter and leave a session. */
export class StreamPort implements StreamCarrier {
  readonly #owner: PortOwner;

  constructor(owner: PortOwner) {
    this.#owner = owner;
  }

  send(source: Streamable, stream: OutboundStream): StreamSource {
    return new ReadableSource(source, stream, this.#schedule, this.#owner.sendStacks);
  }

  discard(source: Streamable, error: ProtocolError): void {
    discardSource(source, error);
  }

  receive(stream: InboundStream): object {
    return new IncomingStream(stream, this.#schedule, this.#owner.sendStacks);
  }

  get #schedule(): () => void {
    const { driver } = this.#owner;
    return () => driver.schedule();
  }
}
