import type { Hello, Welcome } from "@ipc/protocol";

/** What a client says of itself, and what a server has given it to be known by again. */
export class ClientIntroduction {
  readonly #name: string;
  readonly #version: string | undefined;
  #given: Welcome | undefined;
  /** True if it was given under a password. */
  #givenSealed = false;

  constructor(name: string, version: string | undefined) {
    this.#name = name;
    this.#version = version;
  }

  /** The hello of a new session. What was given under a password is never said in plaintext. */
  hello(sealed: boolean): Hello {
    const known = !sealed && this.#givenSealed ? undefined : this.#given;
    const { id, token } = known ?? {};
    return { name: this.#name, pid: process.pid, version: this.#version, id, token };
  }

  /** Keep what a server has given. */
  keep(welcome: Welcome, sealed: boolean): void {
    this.#given = welcome;
    this.#givenSealed = sealed;
  }
}
