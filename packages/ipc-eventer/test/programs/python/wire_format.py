"""What a line of the wire says and how one is written: see packages/protocol/WIRE.md."""

import json
import re

LARGEST = 2**53 - 1
ELEMENTS = {
    1: "Buffer ArrayBuffer DataView Int8Array Uint8Array Uint8ClampedArray",
    2: "Int16Array Uint16Array Float16Array",
    4: "Int32Array Uint32Array Float32Array",
    8: "Float64Array BigInt64Array BigUint64Array",
}
BYTES_OF_ELEMENT = {kind: size for size, kinds in ELEMENTS.items() for kind in kinds.split()}


class Violation(Exception):
    """The server broke a rule of the page."""

    def __init__(self, what, code):
        super().__init__(f"{code}: {what}")
        self.code = code


def require(rule, what, code="IPC_INVALID_MESSAGE"):
    if not rule:
        raise Violation(what, code)


def is_number(value):
    return type(value) in (int, float)  # not bool, which is an int to Python


def whole(value, least):
    fits = is_number(value) and least <= value <= LARGEST and value == int(value)
    require(fits, f"{value!r} is no whole number from {least} on")
    return int(value)


def text(value, least=0, most=256):
    fits = isinstance(value, str) and least <= len(value.encode("utf-8", "surrogatepass")) <= most
    require(fits, f"{value!r} is no string of {least} to {most} bytes")
    return value


def read_number(digits):
    """Reads a double: as an int where that says the same, which it does not of -0."""
    value = float(digits)
    same = value.is_integer() and abs(value) <= LARGEST and (value or digits[0] != "-")
    return int(value) if same else value


def refuse_constant(name):
    raise ValueError(f"{name} is not JSON")


def read_json(line):
    require(line, "a line is empty", "IPC_FRAMING_EMPTY_LINE")
    require(not line.endswith(b"\r"), "a line ends with CR", "IPC_FRAMING_CARRIAGE_RETURN")
    try:
        string = line.decode()
        numbers = {"parse_int": read_number, "parse_float": read_number}
        message = json.loads(string, parse_constant=refuse_constant, **numbers)
    except UnicodeDecodeError as error:
        raise Violation(error, "IPC_FRAMING_INVALID_UTF8") from error
    except ValueError as error:
        raise Violation(error, "IPC_INVALID_JSON") from error
    except RecursionError as error:
        raise Violation(error, "IPC_TOO_DEEP") from error
    require(string[0] in "[{", f"a line begins with {string[0]!r}")
    return message


def read_data(data, attachments):
    """Checks the nesting, and puts attachments, as bytes, in the places of their references."""
    unused = dict(enumerate(attachments))

    def read(value, depth):
        if not isinstance(value, (list, dict)):
            return value
        if isinstance(value, dict) and len(value) == 1:
            [(key, inner)] = value.items()
            if key == "$bin":
                return refer(inner)
            if re.fullmatch(r"\$\$+bin", key):
                value = {key[1:]: inner}
        require(depth < 128, "data is nested too deep", "IPC_TOO_DEEP")
        if isinstance(value, list):
            return [read(item, depth + 1) for item in value]
        return {key: read(item, depth + 1) for key, item in value.items()}

    def refer(reference):
        pair = isinstance(reference, list) and len(reference) == 2
        index, kind = reference if pair else (None, None)
        fits = is_number(index) and index in unused
        fits = fits and isinstance(kind, str) and kind in BYTES_OF_ELEMENT
        fits = fits and len(unused[index]) % BYTES_OF_ELEMENT[kind] == 0
        require(fits, f"the reference {reference!r} does not fit", "IPC_ATTACHMENTS_MISMATCH")
        return unused.pop(index)

    result = read(data, 0)
    require(not unused, f"no reference to {list(unused)}", "IPC_ATTACHMENTS_MISMATCH")
    return result


def write_frame(message, limits):
    """The frame of a message: the bytes objects in it become attachments."""

    attachments = []

    def write(value):
        if isinstance(value, bytes):
            attachments.append(value)
            return {"$bin": [len(attachments) - 1, "Buffer"]}
        if isinstance(value, list):
            return [write(item) for item in value]
        if isinstance(value, dict):
            more = "$" if len(value) == 1 and re.fullmatch(r"\$+bin", *value) else ""
            return {more + key: write(item) for key, item in value.items()}
        return value

    line = json.dumps(write(message), separators=(",", ":"), allow_nan=False).encode()
    lengths = [len(attachment) for attachment in attachments]
    if len(line) + sum(lengths) > limits["message"] or len(lengths) > limits["attachments"]:
        raise ValueError("The message is larger than the server takes.")
    header = f"*{','.join(map(str, lengths))} ".encode() if lengths else b""
    return b"".join([header, line, b"\n", *attachments])
