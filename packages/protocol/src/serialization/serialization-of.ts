import { ProtocolError } from "../error.ts";
import { type Codec, CodecSerialization } from "./codec-serialization.ts";
import { JsonSerialization } from "./json-serialization.ts";
import type { Serialization, SerializationFactory } from "./serialization.ts";

/** A serialization of the library, or the application's own codec. */
export type SerializationChoice = "json" | SerializationFactory | Codec;

const codecName = /^[\w.-]{1,32}$/;

/** The serialization that was chosen, `json` if none was. Throws `IPC_INVALID_OPTION`. */
export function serializationOf(choice: SerializationChoice = "json"): Serialization {
  if (choice === "json") return new JsonSerialization();
  if (isFactory(choice)) return choice.create();
  if (isNamed(choice, "advanced")) {
    throw invalidChoice(
      'is given as a value and not by its name: import { advanced } from "ipc-eventer/advanced", and give serialization: advanced',
    );
  }
  if (!isCodec(choice)) {
    throw invalidChoice(
      'is "json", advanced from "ipc-eventer/advanced", or an object with a name, encode and decode',
    );
  }
  if (!codecName.test(choice.name)) {
    throw invalidChoice("has a name of 1 to 32 letters, digits, dots, dashes or underscores");
  }
  if (choice.name === "json" || choice.name === "advanced") {
    throw invalidChoice("has a name that is not the library's own");
  }
  return new CodecSerialization(choice);
}

// Programs without types may give anything.
function isNamed(choice: unknown, name: string): boolean {
  return choice === name;
}

function isFactory(choice: object | string): choice is SerializationFactory {
  return (
    typeof choice === "object" &&
    choice !== null &&
    "create" in choice &&
    typeof choice.create === "function" &&
    !isCodec(choice)
  );
}

function isCodec(choice: unknown): choice is Codec {
  if (typeof choice !== "object" || choice === null) return false;
  if (!("name" in choice && "encode" in choice && "decode" in choice)) return false;
  const { name, encode, decode } = choice;
  return typeof name === "string" && typeof encode === "function" && typeof decode === "function";
}

function invalidChoice(rule: string): ProtocolError {
  return new ProtocolError("IPC_INVALID_OPTION", "caller", `A serialization ${rule}.`);
}
