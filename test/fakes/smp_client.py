"""An SMP client that shares no code with the product: Python's standard library and the facts of the protocol alone.

Usage: smp_client.py PORT FRAMING FOLDER [erase]
Talks to the camera at a serial port, writes every file that it lists to FOLDER, and prints what it saw as one JSON document. With "erase" it
tries to erase each file with a wrong digest, then with the right one.
Source: Zephyr, "SMP Protocol Specification" and "SMP Transport Specification"; RFC 8949.
"""

import base64
import binascii
import hashlib
import json
import os
import select
import struct
import sys
import termios
import time
import tty
import zlib

READ, WRITE = 0, 2
DEADLINE_S = 20.0


def cbor(value):
    """Canonical CBOR of what requests hold: maps, texts, bytes, counts."""

    def head(major, number):
        for bits, size, form in ((24, 0, ">B"), (25, 8, ">B"), (26, 16, ">H"), (27, 32, ">I")):
            if size == 0 and number < 24:
                return struct.pack(form, major << 5 | number)
            if size and number < 1 << size:
                return bytes([major << 5 | bits - 1]) + struct.pack(form, number)
        return bytes([major << 5 | 27]) + struct.pack(">Q", number)

    if isinstance(value, dict):
        return head(5, len(value)) + b"".join(cbor(key) + cbor(item) for key, item in value.items())
    if isinstance(value, str):
        return head(3, len(value.encode())) + value.encode()
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    return head(0, value)


BREAK = object()


def parse_cbor(data, at=0):
    """The value at a place and the place behind it; counted and uncounted maps and arrays."""
    major, short = data[at] >> 5, data[at] & 31
    at += 1
    if major == 7:
        if short == 31:
            return BREAK, at
        if short in (20, 21, 22):
            return {20: False, 21: True, 22: None}[short], at
        size = {25: 2, 26: 4, 27: 8}[short]
        return struct.unpack({2: ">e", 4: ">f", 8: ">d"}[size], data[at : at + size])[0], at + size
    number = short
    if 24 <= short <= 27:
        size = 1 << short - 24
        number = int.from_bytes(data[at : at + size], "big")
        at += size
    if major == 0:
        return number, at
    if major == 1:
        return -1 - number, at
    if major in (2, 3):
        raw = data[at : at + number]
        return (raw if major == 2 else raw.decode()), at + number
    items = []
    wanted = None if short == 31 else number * (2 if major == 5 else 1)
    while wanted is None or len(items) < wanted:
        item, at = parse_cbor(data, at)
        if item is BREAK:
            break
        items.append(item)
    return (dict(zip(items[::2], items[1::2])) if major == 5 else items), at


class Client:
    """One conversation, one request at a time."""

    def __init__(self, port, framing):
        self.file = os.open(port, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(self.file, termios.TCSANOW)
        self.framing = framing
        self.sequence = 0
        self.held = b""

    def request(self, operation, group, command, body):
        """The map of the answer."""
        self.sequence = self.sequence + 1 & 0xFF
        data = cbor(body)
        packet = struct.pack(">BBHHBB", 1 << 3 | operation, 0, len(data), group, self.sequence, command) + data
        self.send(packet)
        deadline = time.monotonic() + DEADLINE_S
        while True:
            answer = self.receive(deadline)
            first, flags, length, its_group, sequence, its_command = struct.unpack(">BBHHBB", answer[:8])
            assert len(answer) == 8 + length and flags == 0, answer[:8]
            if (first & 7, its_group, sequence, its_command) == (operation + 1, group, self.sequence, command):
                value, end = parse_cbor(answer, 8)
                assert end == len(answer), "bytes behind the map"
                return value

    def send(self, packet):
        if self.framing == "raw":
            self.write(packet)
            return
        checked = struct.pack(">H", len(packet) + 2) + packet + struct.pack(">H", binascii.crc_hqx(packet, 0))
        text = base64.b64encode(checked)
        marker = b"\x06\x09"
        while text:
            self.write(marker + text[:124] + b"\n")
            marker, text = b"\x04\x14", text[124:]

    def write(self, data):
        while data:
            data = data[os.write(self.file, data) :]

    def more(self, deadline):
        ready, _, _ = select.select([self.file], [], [], max(0, deadline - time.monotonic()))
        if not ready:
            raise TimeoutError("no answer")
        self.held += os.read(self.file, 4096)

    def receive(self, deadline):
        if self.framing == "raw":
            while len(self.held) < 8 or len(self.held) < 8 + int.from_bytes(self.held[2:4], "big"):
                self.more(deadline)
            end = 8 + int.from_bytes(self.held[2:4], "big")
            packet, self.held = self.held[:end], self.held[end:]
            return packet
        coded = b""
        while True:
            while b"\n" not in self.held:
                self.more(deadline)
            line, self.held = self.held.split(b"\n", 1)
            assert len(line) < 127, "a line is longer than the transport allows"
            if line[:2] == b"\x06\x09":
                coded = b""
            elif line[:2] != b"\x04\x14":
                continue
            coded += base64.b64decode(line[2:], validate=True)
            length = int.from_bytes(coded[:2], "big")
            if len(coded) == 2 + length:
                packet, crc = coded[2:-2], int.from_bytes(coded[-2:], "big")
                assert binascii.crc_hqx(packet, 0) == crc, "checksum"
                return packet


def download(client, name):
    """Bytes of a file as they came, piece by piece, and the length that the first answer told."""
    got, length = b"", None
    while length is None or len(got) < length:
        answer = client.request(READ, 8, 0, {"off": len(got), "name": name})
        assert answer["off"] == len(got), answer
        length = answer.get("len", length)
        got += answer["data"]
        if not answer["data"]:
            break
    return got, length


def main(port, framing, folder, erase):
    client = Client(port, framing)
    seen = {
        "echo": client.request(WRITE, 0, 0, {"d": "hello"}),
        "parameters": client.request(READ, 0, 6, {}),
        "time": client.request(READ, 0, 4, {}),
        "identity": client.request(READ, 66, 0, {}),
        "condition": client.request(READ, 66, 3, {}),
        "indicator": client.request(WRITE, 66, 5, {"state": "safe"}),
        "unknown": client.request(READ, 99, 1, {}),
        "missing": client.request(READ, 8, 1, {"name": "no such file"}),
        "types": client.request(READ, 8, 3, {}),
    }
    items = []
    while True:
        page = client.request(READ, 66, 1, {"off": len(items), "max": 5})
        items += page["items"]
        if len(items) >= page["total"]:
            break
    seen["items"] = items
    seen["files"] = {}
    for number, item in enumerate(items):
        name = item["name"]
        content, length = download(client, name)
        sha256 = client.request(READ, 8, 2, {"name": name, "type": "sha256"})
        crc32 = client.request(READ, 8, 2, {"name": name, "type": "crc32"})
        result = {
            "length": length,
            "status": client.request(READ, 8, 1, {"name": name})["len"],
            "sha256_agrees": sha256["output"] == hashlib.sha256(content).digest(),
            "crc32_agrees": crc32["output"] == zlib.crc32(content),
        }
        with open(os.path.join(folder, str(number)), "wb") as file:
            file.write(content)
        if erase:
            result["wrong_digest"] = client.request(WRITE, 66, 2, {"name": name, "sha256": bytes(32)})
            right = hashlib.sha256(content).digest()
            result["right_digest"] = client.request(WRITE, 66, 2, {"name": name, "sha256": right})
        seen["files"][name] = result
    seen["left"] = client.request(READ, 66, 1, {"off": 0, "max": 5})["total"]
    print(json.dumps(seen))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:] == ["erase"])
