"""
A client in plain Python, written from packages/protocol/WIRE.md alone: plaintext, with recovery,
without streams. It refuses what does not keep the rules of that page. conversation.py shows its
use, and wire_format.py has what a line is.

Of what a peer SHOULD do, two things are left out for brevity: it does not leave when it is asked
to, and does not stop sending while much of what it has sent is unacknowledged.
"""

import json
import os
import re
import socket

from wire_format import LARGEST, Violation, is_number, require, text, whole
from wire_format import read_data, read_json, write_frame

OWN_LIMITS = {"message": 1 << 20, "attachments": 16, "streams": 0}
PREFACE = {"ipc": [1], "role": "client", "mode": "plain", "features": ["recovery"]}
PREFACE["limits"] = OWN_LIMITS
SERVER_LIMITS = [("message", 33_554_432, 16_384), ("attachments", 64, 0), ("streams", 1_024, 0)]
TOO_LARGE, TOO_MANY = "IPC_FRAMING_FRAME_TOO_LARGE", "IPC_FRAMING_TOO_MANY_ATTACHMENTS"
# How many seconds it waits for a byte; after the first of two times it asks for one with a ping.
WAITS = {"opening": [60], "open": [15, 10], "leaving": [5]}


class Cut(Exception):
    """The connection ended without a bye: the session may go on over another."""


class Ended(Exception):
    """The session is over."""


class Client:
    """One session. Listeners and handlers are functions of the data, by their names."""

    def __init__(self, address):
        self.address, self.socket, self.buffer, self.phase = address, None, bytearray(), "opening"
        self.listeners, self.handlers = {}, {}
        self.calls, self.replies, self.server_calls = 0, {}, 0  # the last ids, and replies by id
        self.known = self.offer = None  # of the last welcome; features and limits
        self.sent, self.unacknowledged = 0, []  # the frames of the last numbers up to `sent`
        self.received = self.stated = 0  # messages taken, and how many of them were acknowledged

    def open(self):
        """Begins a session, or goes on with it. Answers how many messages it has sent again."""
        self.dial()
        return self._telling(self._read_opening)

    def dial(self):
        self.cut()
        hello = {"name": "python", "pid": os.getpid(), "recovery": {}}
        if self.known:
            hello |= {"id": self.known["id"], "token": self.known["token"]}
            hello["recovery"] = {"session": self.known["session"], "received": self.received}
            self.stated = self.received
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(self.address)
        self._write(f"{json.dumps(PREFACE)}\n{json.dumps({'hello': hello})}\n".encode())

    def cut(self):
        """Closes the connection without a word. Answers how many lines were left unread."""
        if self.socket:
            self.socket.close()
        left = self.buffer.count(b"\n")
        self.socket, self.buffer, self.phase = None, bytearray(), "opening"
        return left

    def emit(self, name, data):
        self._count([name, data])

    def call(self, name, data):
        """Makes a call. Answers its id: the reply will be in `replies`."""
        self.calls += 1
        self._count([self.calls, name, data])
        return self.calls

    def read_until(self, condition):
        while not condition():
            self._telling(self._read_message)

    def bye(self):
        """Ends the session, and waits until all that was sent is acknowledged."""
        self._acknowledge()
        self._control("bye", {"reason": "requested"})
        self.phase = "leaving"
        try:
            while self.unacknowledged:
                self._telling(self._read_message)
        except (Cut, Ended):
            pass
        self.cut()

    # The connection

    def fill(self):
        """Waits for more bytes, when it has acknowledged what was taken."""
        self._acknowledge()
        for seconds in WAITS[self.phase]:
            try:
                self.socket.settimeout(seconds)
                chunk = self.socket.recv(65_536)
            except TimeoutError:
                if self.phase == "open":
                    self._control("ping", 0)
                continue
            except OSError as error:
                raise Cut(str(error)) from error
            if not chunk:
                raise Cut("the server has closed the connection")
            self.buffer += chunk
            return
        raise Cut("the server is silent")

    def _write(self, frames):
        try:
            if self.socket:
                self.socket.sendall(frames)
        except OSError:
            pass  # The next read says why: there may be a bye.

    def _control(self, kind, value):
        self._write(json.dumps({kind: value}).encode() + b"\n")

    def _count(self, message):
        frame = write_frame(message, self.offer[1])
        self.sent += 1
        self.unacknowledged.append(frame)
        self._write(frame)

    def _acknowledge(self):
        if self.phase == "open" and self.received > self.stated:
            self.stated = self.received
            self._control("ack", self.received)

    def _take_ack(self, number):
        acknowledged = self.sent - len(self.unacknowledged)
        count = whole(number, 0) - acknowledged
        require(0 <= count <= len(self.unacknowledged), f"{number} of {self.sent} acknowledged")
        del self.unacknowledged[:count]

    def _telling(self, read):
        """Reads, and tells the server of a violation."""
        try:
            return read()
        except Violation as violation:
            bye = {"reason": "violation", "error": violation.code, "message": str(violation)[:250]}
            self._control("bye", bye)
            self.cut()
            raise

    def _take(self, end, most, code):
        """The bytes before the first `end`, of which there are at most so many."""
        while (at := self.buffer.find(end, 0, most + 1)) < 0:
            require(len(self.buffer) <= most, f"more than {most} bytes without {end!r}", code)
            self.fill()
        taken = bytes(self.buffer[:at])
        del self.buffer[: at + 1]
        return taken

    def _take_frame(self, limits):
        while not self.buffer:
            self.fill()
        lengths = []
        if self.buffer.startswith(b"*"):
            header = self._take(b" ", 17 * limits["attachments"], TOO_MANY)
            drawn = re.fullmatch(rb"\*(0|[1-9]\d*)(,(0|[1-9]\d*))*", header)
            require(drawn, f"the header {header!r}", "IPC_FRAMING_MALFORMED_HEADER")
            lengths = [int(length) for length in header[1:].split(b",")]
            few = len(lengths) <= limits["attachments"]
            require(few, f"{len(lengths)} attachments", TOO_MANY)
        rest = limits["message"] - sum(lengths)
        require(rest >= 0, f"attachments of {lengths} bytes", TOO_LARGE)
        line = self._take(b"\n", rest, TOO_LARGE)
        while len(self.buffer) < sum(lengths):
            self.fill()
        attachments = []
        for length in lengths:
            attachments.append(bytes(self.buffer[:length]))
            del self.buffer[:length]
        return line, attachments

    # What the server says

    def _read_opening(self):
        offer = self._read_preface()
        line, _ = self._take_frame({"message": 16_384, "attachments": 0})
        kind, welcome = self._control_of(read_json(line))
        if kind == "bye":
            self._take_bye(welcome)
        welcomed = kind == "welcome" and isinstance(welcome, dict)
        require(welcomed, f"{kind} instead of a welcome")
        known = {name: text(welcome.get(name)) for name in ("id", "token")}
        whole(welcome.get("pid", 0), 0)
        text(welcome.get("version", ""))
        recovery = welcome.get("recovery", {})
        require(isinstance(recovery, dict), f"recovery is {recovery!r}")
        if not recovery:
            raise Ended("The server grants no recovery.")
        known["session"] = text(recovery.get("session"), 1)
        window, resumed = recovery.get("window"), recovery.get("resumed")
        require(is_number(window) and 0 <= window < 2**31, f"window is {window!r}")
        require(resumed in (True, False) and not is_number(resumed), f"resumed is {resumed!r}")
        if resumed:
            require(self.known, "resumed, but nothing was asked for")
            require(known["id"] == self.known["id"], "resumed under another id")
            (features, limits), (now, limits_now) = self.offer, offer
            lower = any(limits_now[name] < limit for name, limit in limits.items())
            require(now >= features and not lower, "resumed with a lower offer")
            self._take_ack(recovery.get("received"))
        elif self.known:
            raise Ended("The session could not go on.")
        self.known, self.offer, self.phase = known, offer, "open"
        self._write(b"".join(self.unacknowledged))
        return len(self.unacknowledged)

    def _read_preface(self):
        code = "IPC_NOT_IPC"
        while not self.buffer:
            self.fill()
        require(self.buffer.startswith(b"{"), "the first byte is not {", code)
        try:
            preface = read_json(self._take(b"\n", 1_023, code))
        except Violation as violation:
            raise Violation(violation, code) from violation
        if "bye" in preface:
            self._take_bye(preface["bye"])
        versions = preface.get("ipc")
        listed = isinstance(versions, list) and 1 <= len(versions) <= 16
        listed = listed and all(is_number(n) and 1 <= n <= LARGEST and n % 1 == 0 for n in versions)
        require(listed, f"ipc is {versions!r}", code)
        require(1 in versions, f"the server speaks {versions}", "IPC_VERSION_MISMATCH")
        require(preface.get("role") == "server", f"role is {preface.get('role')!r}", code)
        mode = preface.get("mode")
        require(mode in ("plain", "secure"), f"mode is {mode!r}", code)
        require(mode == "plain", "the server has a password", "IPC_PEER_IS_PLAINTEXT")
        serialization = preface.get("serialization", "json")
        require(isinstance(serialization, str), f"serialization is {serialization!r}", code)
        require(serialization == "json", serialization, "IPC_SERIALIZATION_MISMATCH")
        given = preface.get("limits", {})
        require(isinstance(given, dict), f"limits is {given!r}", code)
        limits = {}
        for name, default, least in SERVER_LIMITS:
            limits[name] = given.get(name, default)
            require(is_number(limits[name]), f"the limit {name} is {limits[name]!r}", code)
            require(limits[name] >= least, f"the limit {name} is too low", "IPC_LIMITS_TOO_LOW")
        features = preface.get("features", [])
        strings = isinstance(features, list) and all(isinstance(name, str) for name in features)
        require(strings, f"features is {features!r}", code)
        return {"recovery", "streams"} & set(features), limits

    def _read_message(self):
        line, attachments = self._take_frame(OWN_LIMITS)
        message = read_json(line)
        last = isinstance(message, dict) and message.keys() & {"ack", "bye"}
        if self.phase == "leaving" and not last:
            return
        if isinstance(message, list):
            self._read_event(message, attachments)
            return
        kind, body = self._control_of(message)
        require(kind == "reply" or not attachments, f"attachments of {kind}")
        require(kind == "reply" or len(line) <= 16_384, f"{kind} of {len(line)} bytes")
        if kind == "ack":
            self._take_ack(body)
        elif kind == "bye":
            self._take_bye(body)
        elif kind == "reply":
            self._read_reply(body, attachments)
        elif kind == "cancel":
            # Calls are answered at once, so that it has crossed the reply.
            require(whole(body, 1) <= self.server_calls, "the cancellation of no call")
            self.received += 1
        else:
            require(kind in ("ping", "pong", "leave"), f"{kind} has no place here")
            whole(body, 0)
            if kind == "ping":
                self._control("pong", body)
                self._acknowledge()

    def _read_event(self, message, attachments):
        is_call = bool(message) and is_number(message[0])
        number = whole(message.pop(0), 1) if is_call else 0
        named = 1 <= len(message) <= 2 and isinstance(message[0], str)
        require(named, f"an event or a call without a name, or of too many values: {message!r}")
        name = message[0]
        data = [read_data(item, attachments) for item in message[1:]]
        require(data or not attachments, "attachments without data", "IPC_ATTACHMENTS_MISMATCH")
        follows = not is_call or number > self.server_calls
        require(follows, f"the call {number} after {self.server_calls}")
        if not is_call:
            self.listeners.get(name, lambda *_: None)(*data)
            self.received += 1
            return
        self.server_calls = number
        answer = {"failure": "IPC_NO_HANDLER"}
        if name in self.handlers:
            try:
                answer = {"data": self.handlers[name](*data)}
            except Exception as error:  # Whatever it is, the caller is told.
                answer = {"error": {"name": type(error).__name__, "message": str(error)}}
        self._count({"reply": {"id": number, **answer}})
        self.received += 1

    def _read_reply(self, reply, attachments):
        require(isinstance(reply, dict), f"the reply {reply!r}")
        number = whole(reply.get("id"), 1)
        require(number <= self.calls, f"the reply to call {number} of {self.calls}")
        if "error" in reply:
            error = reply["error"]
            named = isinstance(error, dict) and isinstance(error.get("name"), str)
            require(named and isinstance(error.get("message"), str), f"the error {error!r}")
        elif "failure" in reply:
            require(isinstance(reply["failure"], str), f"the failure {reply['failure']!r}")
        failed = "error" in reply or "failure" in reply
        require(not (failed and attachments), "attachments of a failure")
        data = None if failed else read_data(reply.get("data"), attachments)
        self.replies.setdefault(number, reply if failed else {"id": number, "data": data})
        self.received += 1

    def _control_of(self, message):
        require(isinstance(message, dict) and len(message) == 1, "neither event, call nor control")
        return next(iter(message.items()))

    def _take_bye(self, bye):
        require(isinstance(bye, dict) and isinstance(bye.get("reason"), str), f"the bye {bye!r}")
        require(isinstance(bye.get("error", ""), str), f"the error {bye.get('error')!r}")
        whole(bye.get("received", 0), 0)
        self._acknowledge()
        self.cut()
        raise Ended(f"bye: {bye}")
