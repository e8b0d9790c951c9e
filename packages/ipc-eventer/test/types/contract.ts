import {
  type Audience,
  type CallContext,
  IPCClient,
  IPCServer,
  type IPCServerSocket,
  type IPCSocket,
  type Outcomes,
  type StandardSchema,
} from "ipc-eventer";

/** The events and calls of the server: an interface, as most write it. */
interface ToServer {
  echo(text: string): string;
  load(path: string): Promise<Uint8Array>;
  log(line: string): void;
  ping(): void;
  search(options?: { limit: number }): readonly string[];
}

/** The events and calls of clients: a type alias, which must do as well. */
type ToClient = {
  message: (text: string) => void;
  confirm: (question: { text: string }) => boolean;
};

interface Account {
  user: string;
}

/** True if two types are the same. */
type Same<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

function same<A, B>(is: Same<A, B>): void {
  void is;
}

const server = new IPCServer<ToServer, ToClient, Account>("types");
const client = new IPCClient<ToClient, ToServer>("types");

/** A client's socket: hears and handles ToClient, emits and invokes ToServer. */
export async function ofTheClient(socket: IPCSocket<ToClient, ToServer>): Promise<void> {
  socket.emit("log", "line");
  socket.emit("ping");
  socket.emit("ping", undefined);
  socket.emit("search");
  socket.emit("search", { limit: 3 });
  // @ts-expect-error -- no such event
  socket.emit("lag", "line");
  // @ts-expect-error -- a line is text
  socket.emit("log", 5);
  // @ts-expect-error -- a log has a line
  socket.emit("log");
  // @ts-expect-error -- one value only
  socket.emit("log", "one", "two");
  // @ts-expect-error -- a ping has no data
  socket.emit("ping", 5);
  // @ts-expect-error -- this one goes the other way
  socket.emit("message", "hello");

  const echo = await socket.invoke("echo", "hello", { timeout: 5, signal: AbortSignal.timeout(5) });
  same<typeof echo, string>(true);
  const bytes = await socket.invoke("load", "path");
  same<typeof bytes, Uint8Array>(true);
  const found = await socket.invoke("search");
  same<typeof found, readonly string[]>(true);
  await socket.invoke("search", { limit: 1 }, { timeout: 5 });
  await socket.invoke("search", undefined, { timeout: 5 });
  const nothing = await socket.invoke("ping");
  same<typeof nothing, void>(true);
  // @ts-expect-error -- no such event
  await socket.invoke("ohce", "hello");
  // @ts-expect-error -- a text is wanted
  await socket.invoke("echo", 5);
  // @ts-expect-error -- the timeout is a number
  await socket.invoke("echo", "hello", { timeout: "5" });
  // @ts-expect-error -- the reply is a text
  const wrong: number = await socket.invoke("echo", "hello");
  void wrong;

  socket.on("message", (text) => same<typeof text, string>(true));
  socket.on("message", async (text: string) => text, { signal: AbortSignal.timeout(5) });
  socket.on("disconnect", (end) => end.reason === "kicked");
  socket.on("error", (error) => error.message);
  socket.once("user-pong", ({ time }) => time.toFixed());
  socket.onAny((event, data) => [event.trim(), same<typeof data, unknown>(true)]);
  // @ts-expect-error -- this one goes the other way
  socket.on("log", () => undefined);
  // @ts-expect-error -- a message is text
  socket.on("message", (text: number) => text);
  socket.handle("confirm", ({ text }) => text === "sure");
  socket.handle("confirm", async ({ text }, { signal }) => text === "sure" && !signal.aborted);
  // @ts-expect-error -- an answer is a boolean
  socket.handle("confirm", () => "yes");
  // @ts-expect-error -- no such event is in the map
  socket.handle("echo", (text: string) => text);
  socket.handle("message", () => undefined, { concurrency: 1 }).unhandle("message");
  // @ts-expect-error -- only the server knows the other clients
  void socket.broadcast;
  // @ts-expect-error -- only the server has rooms
  void socket.join;
}

/** A server's socket: the other way round, with broadcasts and data of the application. */
export async function ofTheServer(
  socket: IPCServerSocket<ToServer, ToClient, Account>,
): Promise<void> {
  socket.broadcast("message", "hello");
  // @ts-expect-error -- a message is text
  socket.broadcast("message", 5);
  same<typeof socket.data, Account>(true);
  const sure = await socket.invoke("confirm", { text: "sure?" });
  same<typeof sure, boolean>(true);
  socket.handle("echo", (text, context) => {
    same<typeof context.signal, AbortSignal>(true);
    return text;
  });
}

/** An audience emits and invokes what a server's socket does. */
export async function ofTheAudience(
  socket: IPCServerSocket<ToServer, ToClient, Account>,
): Promise<void> {
  const lobby = server.to("lobby");
  same<typeof lobby, Audience<ToServer, ToClient, Account>>(true);
  lobby.emit("message", "hello");
  server
    .to(["lobby", socket, { id: "id" }])
    .except([socket, "garden"])
    .emit("message", "hello");
  server.everyone.except(socket).to("lobby").emit("message", "hello");
  socket.join("lobby").leave("garden").to("lobby").emit("message", "hello");
  same<typeof socket.rooms, ReadonlySet<string>>(true);
  for (const one of lobby.sockets) same<typeof one.data, Account>(true);
  server.getSocket("id")?.emit("message", "hello");
  // @ts-expect-error -- a message is text
  lobby.emit("message", 5);
  // @ts-expect-error -- a message has a text
  lobby.emit("message");
  // @ts-expect-error -- this one goes the other way
  lobby.emit("log", "line");
  // @ts-expect-error -- a room's name is a string
  server.to(5);
  // @ts-expect-error -- it may not have been found
  server.to(server.getSocket("id"));
  // @ts-expect-error -- a room's name is a string
  socket.join(5);
  // @ts-expect-error -- a list to read
  void socket.rooms.add;

  const question = { text: "sure?" };
  const outcomes = await lobby.invokeAll("confirm", question, { timeout: 5 });
  same<typeof outcomes, Outcomes<IPCServerSocket<ToServer, ToClient, Account>, boolean>>(true);
  for (const { socket: one, reply } of outcomes.replies) one.data.user = String(!reply);
  for (const { socket: one, error } of outcomes.failures) {
    same<typeof error.code, string | number | undefined>(true);
    one.disconnect(error.message);
  }
  // @ts-expect-error -- a question has a text
  await lobby.invokeAll("confirm", "sure?");
  // @ts-expect-error -- the timeout is a number
  await lobby.invokeAll("confirm", question, { timeout: "5" });
  // @ts-expect-error -- this one goes the other way
  await lobby.invokeAll("echo", "hello");
}

export function ofTheOwners(): void {
  server.broadcastAll("message", "hello");
  // @ts-expect-error -- a message is text
  server.broadcastAll("message", 5);
  // @ts-expect-error -- a message has a text
  server.broadcastAll("message");
  server.on("connected", (socket, { id, name, version }) => {
    same<typeof socket, IPCServerSocket<ToServer, ToClient, Account>>(true);
    same<typeof version, string | undefined>(true);
    server.broadcastExcept(socket, "message", id + name);
    void ofTheServer(socket);
  });
  server.on("log", (line, socket) => line + socket.data.user);
  server.once("listening", (name) => name.trim());
  // @ts-expect-error -- clients hear that, the server does not
  server.on("message", () => undefined);
  server.handle(
    "load",
    async (path, { socket }: CallContext<IPCServerSocket<ToServer, ToClient, Account>>) =>
      new TextEncoder().encode(path + socket.data.user),
  );
  // @ts-expect-error -- bytes are wanted
  server.handle("load", (path) => path);
  server.use((socket, { pid }) => {
    socket.data = { user: String(pid) };
  });
  for (const socket of server.sockets) socket.emit("message", "hello");
  // @ts-expect-error -- local emit: an event for clients goes by broadcastAll or a socket
  server.emit("message", "hello");
  server.emit("my own event", 1, 2);

  client.on("message", (text, socket) => {
    same<typeof text, string>(true);
    void ofTheClient(socket);
  });
  client.on("kicked", ({ reason }) => reason.trim());
  client.handle("confirm", ({ text }) => text === "sure");
  // @ts-expect-error -- local emit: an event for the server goes by the socket
  client.emit("log", "line");
  client.emit("my own event");
  void client.connect({ timeout: 5 }).then(ofTheClient);
  void client.socket?.emit("log", "line");
}

/** Without a map everything is as loose as it can be. */
export async function withoutMap(): Promise<void> {
  const loose = new IPCServer("loose", { schemas: { n: number } });
  loose.on("connected", (socket, meta) => {
    socket.emit("anything", { of: "any kind" } /* one value only, but no type says so */);
    socket.emit("nothing");
    socket.on("x", (data) => socket.broadcast("x", data.of.any.kind));
    socket.data["id"] = meta.id;
  });
  loose.on("x", (data, socket) => socket.emit("x", data));
  loose.handle("x", (data) => data);
  loose.broadcastAll("x");
  loose.emit("x", 1, 2, 3);
  loose.to("room").emit("anything", { of: "any kind" });
  loose.to("room").emit("nothing");
  const { replies } = await loose.everyone.invokeAll("x", 1, { timeout: 1 });
  const first: string | undefined = replies[0]?.reply;
  void first;
  const socket = await new IPCClient("loose").connect();
  const reply: string = await socket.invoke("x", 1, { timeout: 1 });
  socket.on("x", (data: string) => data + reply);
}

const number: StandardSchema<number> = {
  "~standard": {
    version: 1,
    vendor: "types",
    validate: (value) =>
      typeof value === "number" ? { value } : { issues: [{ message: "no number", path: ["n"] }] },
  },
};

export async function disposed(): Promise<void> {
  await server[Symbol.asyncDispose]();
  await client[Symbol.asyncDispose]();
}
