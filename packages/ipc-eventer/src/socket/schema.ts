import { AsyncResource } from "node:async_hooks";
import { ProtocolError, quoted } from "@ipc/protocol";

/**
 * A validator of any library: the part that is used here of Standard Schema 1
 * (https://standardschema.dev), which zod, valibot, arktype and others implement.
 */
export interface StandardSchema<T = unknown> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    /** Synchronous here: the library refuses what comes later. */
    readonly validate: (value: unknown) => SchemaResult<T> | Promise<SchemaResult<T>>;
  };
}

/** A validator's verdict: the value it let through, or what is wrong with it. */
export type SchemaResult<T> =
  | { readonly value: T; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

/** One thing that is wrong with a value, and where. */
export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** The validators of an endpoint, by the event whose data they check. */
export type Schemas = Readonly<Record<string, StandardSchema>>;

/** The error of a validator about a value that it refuses; `issues` is as the validator gave it. */
export interface SchemaError extends Error {
  readonly issues?: readonly SchemaIssue[];
}

/** The verdict of an endpoint's validators on what a peer sent. */
export type Verdict =
  | { readonly ok: true; readonly data: unknown }
  /** The peer's data does not fit. */
  | { readonly ok: false; readonly fault: "peer"; readonly cause: SchemaError }
  /** The validator itself does not do what it should. */
  | {
      readonly ok: false;
      readonly fault: "validator";
      readonly why: string;
      readonly cause?: unknown;
    };

/** The validators in the option `schemas`. */
export function validatorsOf(schemas: Schemas | undefined): Validators | undefined {
  return schemas === undefined ? undefined : new Validators(schemas);
}

/** The validators of an endpoint. They run in the async context of the code that gave them. */
export class Validators {
  readonly #schemas: Schemas;
  readonly #context = new AsyncResource("IPCValidators");

  constructor(schemas: Schemas) {
    this.#schemas = schemas;
  }

  /**
   * Check an event's data; `undefined` if the event has no validator, and passes. Never throws, whatever a
   * validator does.
   */
  check(event: string, data: unknown): Verdict | undefined {
    const schema = Object.hasOwn(this.#schemas, event) ? this.#schemas[event] : undefined;
    if (schema === undefined) return undefined;
    try {
      return judge(this.#context.runInAsyncScope(validate, undefined, schema, data));
    } catch (cause) {
      return { ok: false, fault: "validator", why: "threw an error", cause };
    }
  }
}

function validate(
  schema: StandardSchema,
  data: unknown,
): SchemaResult<unknown> | Promise<SchemaResult<unknown>> {
  return schema["~standard"].validate(data);
}

function judge(result: SchemaResult<unknown> | Promise<SchemaResult<unknown>>): Verdict {
  if ("then" in result) {
    // Its verdict comes too late to matter: events are heard in order.
    result.then(ignore, ignore);
    return {
      ok: false,
      fault: "validator",
      why: "is asynchronous, and a synchronous one is needed",
    };
  }
  const { issues } = result;
  if (issues === undefined) return { ok: true, data: result.value };
  const [issue] = issues;
  const text = issue === undefined ? "The data does not fit." : describe(issue);
  return { ok: false, fault: "peer", cause: Object.assign(new Error(text), { issues }) };
}

function ignore(): void {
  // Its answer is not used.
}

function describe({ message, path = [] }: SchemaIssue): string {
  const keys = path.map((step) => String(typeof step === "object" ? step.key : step));
  return keys.length === 0 ? message : `${keys.join(".")}: ${message}`;
}

/**
 * The report of an event or call whose data was refused. What the validator said, which may have the
 * data in it, is the cause alone.
 */
export function misfit(
  what: "event" | "call",
  event: string,
  verdict: Extract<Verdict, { ok: false }>,
): ProtocolError {
  const { fault, cause } = verdict;
  const name = `the ${what} ${quoted(event)}`;
  const done = what === "call" ? "The call was refused" : "The event was dropped";
  const text =
    verdict.fault === "peer"
      ? `The validator of ${name} refused the data that the peer sent. ${done}; the cause is what the validator said.`
      : `The validator of ${name} ${verdict.why}. ${done}; mend the validator in \`schemas\`.`;
  const blame = fault === "peer" ? "peer" : "caller";
  return new ProtocolError("IPC_INVALID_DATA", blame, text, {
    context: { event: event.slice(0, eventLength) },
    cause,
  });
}

/** Characters of an event's name that the context of an error has. */
const eventLength = 64;
