import { AsyncResource } from "node:async_hooks";

/**
 * What a validator of any library looks like to us: the part we use of Standard Schema 1
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

/** The verdict of an endpoint's validators on what a peer sent. */
export type Verdict =
  | { readonly ok: true; readonly data: unknown }
  | { readonly ok: false; readonly why: string; readonly cause?: unknown };

/** The validators of an endpoint, and the async context of the code that gave them, in which they run. */
export interface Validators {
  readonly schemas: Schemas;
  readonly context: AsyncResource;
}

/** The validators in the option `schemas`. */
export function validatorsOf(schemas: Schemas | undefined): Validators | undefined {
  return schemas === undefined
    ? undefined
    : { schemas, context: new AsyncResource("IPCValidators") };
}

/** Check an event's data. Events without a validator pass. Never throws, whatever a validator does. */
export function checkData(
  validators: Validators | undefined,
  event: string,
  data: unknown,
): Verdict {
  if (validators === undefined) return { ok: true, data };
  const { schemas, context } = validators;
  const schema = Object.hasOwn(schemas, event) ? schemas[event] : undefined;
  if (schema === undefined) return { ok: true, data };
  try {
    return judge(context.runInAsyncScope(validate, undefined, schema, data));
  } catch (cause) {
    return { ok: false, why: "its validator has failed", cause };
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
    return { ok: false, why: "its validator is asynchronous; give a synchronous one" };
  }
  if (result.issues === undefined) return { ok: true, data: result.value };
  const [issue] = result.issues;
  return { ok: false, why: issue === undefined ? "it does not fit" : describe(issue) };
}

function ignore(): void {
  // Whatever it says, it is not asked any more.
}

function describe({ message, path = [] }: SchemaIssue): string {
  const keys = path.map((step) => String(typeof step === "object" ? step.key : step));
  return keys.length === 0 ? message : `${keys.join(".")}: ${message}`;
}
