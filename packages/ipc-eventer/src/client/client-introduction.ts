import type { Hello, Welcome } from "@ipc/protocol";
import type { Credential } from "../encryption.ts";

/** The hello of a client: its name, and the id and token by which a server knows it again. */
export class ClientIntroduction {
  readonly #name: string;
  readonly #version: string | undefined;
  #given: Welcome | undefined;
  /** The protection under which that was given. */
  #under: Credential | undefined;

  constructor(name: string, version: string | undefined) {
    this.#name = name;
    this.#version = version;
  }

  /** The hello of a new session. What was given under one credential is never said under another. */
  hello(credential: Credential): Hello {
    const { id, token } = (this.#under === credential ? this.#given : undefined) ?? {};
    return { name: this.#name, pid: process.pid, version: this.#version, id, token };
  }

  /** Keep what a server has given. */
  keep(welcome: Welcome, credential: Credential): void {
    this.#given = welcome;
    this.#under = credential;
  }
}
