import { once } from "node:events";
import net, { type AddressInfo } from "node:net";
import tls from "node:tls";
import { expect, it } from "vitest";
import { hash } from "../src/primitives.ts";
import { openRecord } from "../src/record.ts";
import { TrafficKey } from "../src/traffic-key.ts";
import { selfSignedCertificate } from "./self-signed-certificate.ts";
import { hex } from "./vectors.ts";

const SUITE = { hash: "sha384", prefix: "tls13 " } as const;
const HANDSHAKE = 22;
const DATA = 23;

interface TlsRecord {
  readonly header: Buffer;
  readonly body: Buffer;
}

function tlsRecords(bytes: Buffer): TlsRecord[] {
  const records: TlsRecord[] = [];
  for (let at = 0; at < bytes.length;) {
    const header = bytes.subarray(at, at + 5);
    const end = at + 5 + header.readUInt16BE(3);
    records.push({ header, body: bytes.subarray(at + 5, end) });
    at = end;
  }
  return records;
}

function handshakeMessages(bytes: Buffer): Buffer[] {
  const messages: Buffer[] = [];
  for (let at = 0; at < bytes.length;) {
    const end = at + 4 + bytes.readUIntBE(at + 1, 3);
    messages.push(bytes.subarray(at, end));
    at = end;
  }
  return messages;
}

/** Opens all protected records of one direction with our code under TLS's parameters. */
function openDirection(
  records: readonly TlsRecord[],
  handshakeSecret: string,
  trafficSecret: string,
): { handshake: Buffer[]; data: Buffer; opened: number } {
  let key = new TrafficKey(hex(handshakeSecret), SUITE);
  let encrypted = true;
  let handshake = Buffer.alloc(0);
  const messages: Buffer[] = [];
  const data: Buffer[] = [];
  let opened = 0;
  for (const { header, body } of records) {
    if (header[0] !== DATA) continue;
    const plaintext = openRecord(key, header, body);
    opened += 1;
    const type = plaintext.at(-1);
    const content = plaintext.subarray(0, -1);
    if (type === DATA) data.push(content);
    if (type !== HANDSHAKE || !encrypted) continue;
    handshake = Buffer.concat([handshake, content]);
    const last = handshakeMessages(handshake).at(-1);
    if (last?.[0] === 20) {
      messages.push(...handshakeMessages(handshake));
      key = new TrafficKey(hex(trafficSecret), SUITE);
      encrypted = false;
    }
  }
  return { handshake: messages, data: Buffer.concat(data), opened };
}

/** Runs TLS 1.3 through a recording proxy and returns what went by and the secrets. */
async function recordTls(payload: Buffer): Promise<{
  toServer: Buffer;
  toClient: Buffer;
  secrets: Map<string, string>;
}> {
  const { key, cert } = selfSignedCertificate();
  const toServer: Buffer[] = [];
  const toClient: Buffer[] = [];
  const secrets = new Map<string, string>();
  const server = tls.createServer({ key, cert, minVersion: "TLSv1.3" }, (socket) => {
    socket.pipe(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const proxy = net.createServer((inbound) => {
    const outbound = net.connect(port, "127.0.0.1");
    inbound.on("data", (chunk: Buffer) => toServer.push(chunk));
    outbound.on("data", (chunk: Buffer) => toClient.push(chunk));
    inbound.pipe(outbound).pipe(inbound);
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  const client = tls.connect({
    port: (proxy.address() as AddressInfo).port,
    host: "127.0.0.1",
    ca: cert,
    checkServerIdentity: () => undefined,
    ciphers: "TLS_AES_256_GCM_SHA384",
    minVersion: "TLSv1.3",
  });
  client.on("keylog", (line: Buffer) => {
    const [label = "", , secret = ""] = line.toString().trim().split(" ");
    secrets.set(label, secret);
  });
  await once(client, "secureConnect");
  let echoed = 0;
  client.on("data", (chunk: Buffer) => {
    echoed += chunk.length;
    if (echoed === payload.length) client.end();
  });
  client.write(payload);
  await once(client, "close");
  expect(echoed).toBe(payload.length);
  proxy.close();
  server.close();
  return { toServer: Buffer.concat(toServer), toClient: Buffer.concat(toClient), secrets };
}

it("labels, keys, nonces, associated data and Finished are those of OpenSSL's TLS 1.3", async () => {
  const payload = Buffer.alloc(100_000, "payload of many records ");
  const { toServer, toClient, secrets } = await recordTls(payload);
  const secret = (label: string): string => secrets.get(label) ?? "";

  const fromClient = openDirection(
    tlsRecords(toServer),
    secret("CLIENT_HANDSHAKE_TRAFFIC_SECRET"),
    secret("CLIENT_TRAFFIC_SECRET_0"),
  );
  const fromServer = openDirection(
    tlsRecords(toClient),
    secret("SERVER_HANDSHAKE_TRAFFIC_SECRET"),
    secret("SERVER_TRAFFIC_SECRET_0"),
  );
  expect(fromClient.data.equals(payload)).toBe(true);
  expect(fromServer.data.equals(payload)).toBe(true);
  expect(fromClient.opened + fromServer.opened).toBeGreaterThan(14);

  const [clientHello] = tlsRecords(toServer);
  const [serverHello] = tlsRecords(toClient);
  const hellos = [clientHello?.body ?? Buffer.alloc(0), serverHello?.body ?? Buffer.alloc(0)];
  const serverMessages = fromServer.handshake;
  const serverKey = new TrafficKey(hex(secret("SERVER_HANDSHAKE_TRAFFIC_SECRET")), SUITE);
  const beforeServer = hash("sha384", ...hellos, ...serverMessages.slice(0, -1));
  expect(serverKey.finished(beforeServer)).toEqual(serverMessages.at(-1)?.subarray(4));
  const clientKey = new TrafficKey(hex(secret("CLIENT_HANDSHAKE_TRAFFIC_SECRET")), SUITE);
  const beforeClient = hash("sha384", ...hellos, ...serverMessages);
  expect(clientKey.finished(beforeClient)).toEqual(fromClient.handshake.at(-1)?.subarray(4));
});
