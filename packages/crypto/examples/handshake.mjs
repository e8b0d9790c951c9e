import { Buffer } from "node:buffer";
import { Initiator, PasswordKeys, Responder } from "@ipc/crypto";

const keys = new PasswordKeys();
const clientKey = await keys.derive("correct horse battery staple", "printer");
const serverKey = await keys.derive("correct horse battery staple", "printer");

// Each side makes its share and sends it in a preface of any shape; here, a line of JSON.
const initiator = new Initiator(clientKey);
const responder = new Responder(serverKey);
const clientPreface = Buffer.from(`{"client":"${initiator.share.toString("base64")}"}\n`);
const serverPreface = Buffer.from(`{"server":"${responder.share.toString("base64")}"}\n`);

// The server answers the client's preface with its own and the record `answer.flight`.
const answer = responder.handleClientPreface({
  ownPreface: serverPreface,
  peerPreface: clientPreface,
  peerShare: initiator.share,
});

// The client verifies it, answers with the record `client.flight`, and may send data behind it.
const client = initiator
  .handleServerPreface({
    ownPreface: clientPreface,
    peerPreface: serverPreface,
    peerShare: responder.share,
  })
  .handleServerFinished(answer.flight.subarray(4));
const record = Buffer.concat(client.sealer.seal(["first words"]));

// The server verifies the client; only then does it hold a channel.
const server = answer.next.handleClientFinished(client.flight.subarray(4));
console.log(server.opener.open(record.subarray(4)).toString());

server.opener.open(client.sealer.close().subarray(4));
console.log(`closed: ${server.opener.closed}`);
