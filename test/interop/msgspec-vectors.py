"""Writes msgspec-vectors.json: values, described in JSON, and the bytes that msgspec makes of them.

Run with any CPython that has msgspec (0.22.0 wrote what is there; Debian has no package of it):
python3 test/interop/msgspec-vectors.py && npx prettier --write test/interop/msgspec-vectors.json
"""

import json
from datetime import datetime, timezone
from pathlib import Path

import msgspec

VALUES = [
    "naïve ключ 😀 \x7f\x80\u2028 \" \\ / \b\f\n\r\t\x00\x1f",
    "\\ud83d is text",
    True,
    None,
    [],
    {},
    [1, "a", None, [True, {"b": []}]],
    {"a": [1, {"b": None}], "é": {"ключ": "1e16"}},
    [0, -7, 2**53 - 1, -(2**53 - 1)],
    [1.5, 0.1, 123.456, 1234567890123456.8, 1e16, -1e16, 1.5e16, 12345678901234567.0, 1e21, 1.7976931348623157e308],
    [0.001, 0.0001, 0.0001234, 0.00001, 0.000012, 0.000001, 1.5e-7, -2.5e-10, 5e-324],
]

MOMENTS = [
    "2024-01-31T12:30:59",
    "2024-01-31T12:30:59.123",
    "1970-01-01T00:00:00",
    "1969-12-31T23:59:59.500",
    "2106-02-07T06:28:15",
    "2106-02-07T06:28:16",
    "2514-05-30T01:53:03.999",
    "2514-05-30T01:53:04",
]


def moment(text):
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc)


vectors = {
    "msgspec": msgspec.__version__,
    "json": [{"value": value, "text": msgspec.json.encode(value).decode()} for value in VALUES],
    "moments": [{"iso": text + "Z", "msgpack": msgspec.msgpack.encode(moment(text)).hex()} for text in MOMENTS],
}
Path(__file__).with_suffix(".json").write_text(json.dumps(vectors))
