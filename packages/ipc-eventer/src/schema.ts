/**
 * What a validator of any library looks like to us: the part we use of Standard Schema 1
 * (https://standardschema.dev), which zod, valibot, arktype and others implement.
 */
export interface StandardSchema<T = unknown> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
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
  | { readonly ok: false; readonly why: string };

/** Check an event's data. Events without a validator pass. */
export function checkData(schemas: Schemas | undefined, event: string, data: unknown): Verdict {
  if (schemas === undefined || !Object.hasOwn(schemas, event)) return { ok: true, data };
  const result = schemas[event]?.["~standard"].validate(data);
  if (result === undefined) return { ok: true, data };
  // Order is a promise of ours: an answer that comes later would come out of it.
  if (result instanceof Promise) return { ok: false, why: "its validator is asynchronous" };
  if (result.issues === undefined) return { ok: true, data: result.value };
  const [issue] = result.issues;
  return { ok: false, why: issue === undefined ? "it does not fit" : describe(issue) };
}

function describe({ message, path = [] }: SchemaIssue): string {
  const keys = path.map((step) => String(typeof step === "object" ? step.key : step));
  return keys.length === 0 ? message : `${keys.join(".")}: ${message}`;
}
