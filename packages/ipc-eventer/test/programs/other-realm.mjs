/* oxlint-disable -- plain JavaScript that prints, as users write it */
// other-realm.mjs <directory> <serialization> <password or ""> <globals>: the package in a vm context of its own, as
// Jest and the vm pools of Vitest run it: node's modules, and with `node` its Uint8Array, are of another realm.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import vm from "node:vm";

const [directory, serialization, password, globals] = process.argv.slice(2);
const { performance, setTimeout, clearTimeout, setInterval, clearInterval, queueMicrotask } =
  globalThis;
const context = vm.createContext({
  ...{ process, Buffer, console, performance, setTimeout, clearTimeout, setInterval },
  ...{ clearInterval, setImmediate, clearImmediate, queueMicrotask, structuredClone },
  ...{ AbortController, AbortSignal, ReadableStream, TransformStream, URL },
  ...(globals === "node" ? { Uint8Array, ArrayBuffer } : {}),
});

const modules = new Map();

/** Loads what a specifier names, once for each file: what nothing refers to is collected before it is evaluated. */
function load(specifier) {
  const url = /^(node|file):/.test(specifier) ? specifier : import.meta.resolve(specifier);
  const module = modules.get(url) ?? (url.startsWith("node:") ? outer(url) : inner(url));
  modules.set(url, module);
  return module;
}

async function outer(specifier) {
  const exports = await import(specifier);
  const evaluate = function () {
    for (const [name, value] of Object.entries(exports)) this.setExport(name, value);
  };
  return new vm.SyntheticModule(Object.keys(exports), evaluate, { context, identifier: specifier });
}

function inner(url) {
  const text = readFileSync(fileURLToPath(url), "utf8");
  const importModuleDynamically = async (name, from) => {
    const module = await load(name.startsWith(".") ? new URL(name, from.identifier).href : name);
    if (module.status === "unlinked") await module.link(link);
    if (module.status === "linked") await module.evaluate();
    return module;
  };
  // Without a password nothing is imported later.
  const later = password === "" ? {} : { importModuleDynamically };
  return new vm.SourceTextModule(text, { context, identifier: url, ...later });
}

function link(specifier, from) {
  return load(specifier.startsWith(".") ? new URL(specifier, from.identifier).href : specifier);
}

/** Loads an entry point with all that it imports. */
async function enter(specifier) {
  const entry = await load(specifier);
  if (entry.status === "unlinked") await entry.link(link);
  await entry.evaluate();
  return entry.namespace;
}

const { IPCClient, IPCServer, RefusedError } = await enter("ipc-eventer");
const { advanced } = await enter("ipc-eventer/advanced");
/** Evaluates an expression in the package's realm. */
const within = (code) => vm.runInContext(`(${code})`, context);

const options = {
  directory,
  serialization: serialization === "advanced" ? advanced : serialization,
  ...(password === "" ? {} : { password }),
};
const seen = {};
const codeOf = (promise) =>
  promise.then(
    () => "none",
    (error) => error.code,
  );

seen.noServer = await codeOf(new IPCClient("realm", { directory }).connect());
const server = new IPCServer("realm", options);
server.use((socket, { name }) => {
  if (name === "inner") throw within('new Error("the inner one")');
  if (name === "outer") throw new Error("the outer one");
  if (name === "refused") throw new RefusedError("not this one");
});
server.handle("echo", (data) => data);
server.handle("innerError", () => {
  throw within(
    'Object.assign(new RangeError("inner"), { code: "E_INNER", cause: new Error("deep") })',
  );
});
server.handle("outerError", () => {
  throw Object.assign(new RangeError("outer"), { code: "E_OUTER", cause: new Error("deep") });
});
server.handle("slow", (_, { signal }) => new Promise((resolve) => (signal.onabort = resolve)));
server.handle("sum", async (stream) => {
  let sum = 0;
  for await (const chunk of stream) for (const byte of chunk) sum += byte;
  return sum;
});
await server.start();
seen.inUse = await codeOf(new IPCServer("realm", options).start());
const refusal = async (name) => {
  const error = await new IPCClient("realm", { ...options, name }).connect().catch((e) => e);
  return [error.code, error.message];
};
seen.failedInner = await codeOf(new IPCClient("realm", { ...options, name: "inner" }).connect());
seen.failedOuter = await codeOf(new IPCClient("realm", { ...options, name: "outer" }).connect());
seen.refused = await refusal("refused");

const client = new IPCClient("realm", within(`(given) => ({ ...given, name: "Ada" })`)(options));
const socket = await client.connect();
const echo = async (value) => {
  const answer = await socket.invoke("echo", value);
  if (!ArrayBuffer.isView(answer)) return Object.prototype.toString.call(answer);
  return `${answer[Symbol.toStringTag]} ${[...answer].join(",")}`;
};
seen.outerBytes = await echo(Uint8Array.of(1, 2));
seen.innerBytes = await echo(within("Uint8Array.of(3, 4)"));
seen.outerBuffer = await echo(Buffer.of(5));
seen.outerFloats = await echo(Float64Array.of(0.5));
seen.innerFloats = await echo(within("Float64Array.of(1.5)"));
seen.innerMemory = await echo(within("new ArrayBuffer(4)"));
seen.outerMemory = await echo(new ArrayBuffer(4));
seen.objects = await socket.invoke("echo", [{ outer: [1, null] }, within("{ inner: ['a', {}] }")]);
if (serialization === "advanced") {
  const map = await socket.invoke("echo", new Map([[1, new Set([new Date(0)])]]));
  seen.outerMap = [...map].map(([key, set]) => [key, ...[...set].map((date) => date.toJSON())]);
  const error = await socket.invoke("echo", new TypeError("outer"));
  seen.outerAsData = [error.name, error.message];
  const exception = await socket.invoke("echo", new DOMException("outer", "DataError"));
  seen.exceptionAsData = [exception.name, exception.message];
}
const errorOf = async (event) => {
  const { name, message, code, cause } = await socket.invoke(event).catch((error) => error);
  return [name, message, code, cause?.message];
};
seen.innerError = await errorOf("innerError");
seen.outerError = await errorOf("outerError");

for (const [realm, controller] of [
  ["outer", new AbortController()],
  ["inner", within("new AbortController()")],
]) {
  const { signal } = controller;
  let heard = 0;
  socket.on("tick", () => heard++, { signal });
  const calls = [socket.invoke("slow", 1, { signal }), client.connect({ signal }).then(() => [])];
  controller.abort(new Error("enough"));
  seen[`${realm}Signal`] = await codeOf(Promise.all(calls));
  server.broadcastAll("tick");
  await socket.flush();
  await socket.invoke("echo", 0);
  seen[`${realm}Reason`] = await new IPCClient("realm", { directory })
    .connect({ signal })
    .catch((error) => error.message);
  seen[`${realm}Heard`] = heard;
}
async function* chunks() {
  yield Buffer.of(1, 2);
  yield within("Uint8Array.of(3, 4)");
}
const { Readable } = await import("node:stream");
seen.stream = await socket.invoke("sum", Readable.from(chunks(), { objectMode: false }));
seen.badOption = (() => {
  try {
    return new IPCClient("realm", within("{ pasword: 'x' }"));
  } catch (error) {
    return error.code;
  }
})();
const end = new Promise((resolve) => client.on("disconnected", (_, end) => resolve(end)));
server.disconnectClient(socket.id, "enough");
seen.end = (await end).reason;
await server.stop();
await client.disconnect();
process.send(seen);
