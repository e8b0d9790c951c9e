"""
conversation.py <socket path>: one session over many connections, with the server of
python-client.test.ts. Prints what it saw as one line of JSON.
"""

import json
import signal
import sys

from raw_client import Client

LEGS, EVENTS = 8, 50

client = Client(sys.argv[1])
downs, files, held, seen = [], [], [], {"resent": [], "unread": 0, "secrets": []}
client.listeners = {"down": downs.append, "file": files.append}
client.handlers = {"upper": lambda word: word.upper(), "fail": lambda _: {}["nothing"]}


def give_up(*_):
    raise SystemExit(f"It hangs after {len(downs)} events: {seen}")


signal.signal(signal.SIGALRM, give_up)
signal.alarm(60)


def await_reply(number):
    client.read_until(lambda: number in client.replies)
    return client.replies[number].get("data")


def resume():
    seen["resent"].append(client.open())
    seen["secrets"].append(client.known["session"])


resume()
seen["sum"] = await_reply(client.call("add", [40, 2]))
seen["echo"] = await_reply(client.call("echo", {"$bin": {"$$bin": 1}}))
refused = client.call("nobody answers", None)
await_reply(refused)
seen["refused"] = client.replies[refused]["failure"]
client.emit("file", {"parts": [bytes(range(256)), b""], "escaped": {"$bin": [0, "no reference"]}})
client.read_until(lambda: files)
[file] = files
seen["file"] = {**file, "parts": [part.hex() for part in file["parts"]]}

for leg in range(LEGS):
    # The server answers each "up" with two "down", and the held call when it is told to.
    held.append(client.call("held", leg))
    for number in range(leg * EVENTS, (leg + 1) * EVENTS):
        client.emit("up", number)
    if leg % 4 != 1:
        client.read_until(lambda: len(downs) > 2 * leg * EVENTS + leg)
        while client.buffer.count(b"\n") < 3:
            client.fill()
    if leg % 2 == 0:
        # Half a message goes out, and the session goes on with the whole of it.
        connection, client.socket = client.socket, None
        client.emit("half", {"leg": leg, "bytes": bytes(1_000)})
        connection.sendall(client.unacknowledged[-1][:500])
        client.socket = connection
    seen["unread"] += client.cut()
    if leg % 4 >= 2:
        # The welcome is on its way, with another secret, when this connection ends too.
        client.dial()
        client.fill()
        client.cut()
    resume()
    client.emit("release", leg)

seen["held"] = [await_reply(number) for number in held]
client.read_until(lambda: len(downs) == 2 * LEGS * EVENTS)
client.bye()
print(json.dumps({**seen, "downs": downs, "unacknowledged": len(client.unacknowledged)}))
