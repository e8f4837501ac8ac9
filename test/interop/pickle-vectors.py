"""Writes pickle-vectors.json: values, described in JSON, and what CPython's pickle makes of them.

Run with any CPython from 3.9 to 3.13 (they write the same):
python3 test/interop/pickle-vectors.py && npx prettier --write test/interop/pickle-vectors.json
Django and django-valkey need not be there: only the names of two of their classes are in the bytes.
"""

import base64
import hashlib
import json
import pickle
import sys
import types
from collections import OrderedDict
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from functools import reduce
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo


def stand_in(module_name, name, *bases):
    """A class under the name that the real one has."""
    parts = module_name.split(".")
    for end in range(1, len(parts) + 1):
        sys.modules.setdefault(".".join(parts[:end]), types.ModuleType(".".join(parts[:end])))
    made = type(name, bases, {"__module__": module_name})
    setattr(sys.modules[module_name], name, made)
    return made


class SafeData:
    __slots__ = ()


SafeString = stand_in("django.utils.safestring", "SafeString", str, SafeData)
Marker = stand_in("django_valkey.base_client", "Marker")


def describe(value):
    """The value in JSON: what JSON has as it is, anything else as {"$type": how to make it}."""
    kind = type(value)
    if value is None or kind in (bool, str):
        return value
    if kind is int:
        return value if abs(value) < 2**53 else {"$int": str(value)}
    if kind is float:
        return {"$float": repr(value)}
    if kind in (bytes, bytearray):
        return {"$" + kind.__name__: base64.b64encode(value).decode()}
    if kind is list:
        return [describe(item) for item in value]
    if kind is dict and all(type(key) is str for key in value):
        return {key: describe(item) for key, item in value.items()}
    if kind in (dict, OrderedDict):
        return {"$" + kind.__name__: [[describe(key), describe(item)] for key, item in value.items()]}
    if kind in (tuple, set, frozenset):
        return {"$" + kind.__name__: [describe(item) for item in value]}
    if kind is date:
        return {"$date": [value.year, value.month, value.day]}
    if kind is time:
        return {"$time": clock(value)}
    if kind is datetime:
        return {"$datetime": [describe(value.date())["$date"], clock(value)]}
    if kind is timedelta:
        return {"$timedelta": [value.days, value.seconds, value.microseconds]}
    if kind is timezone:
        return {"$timezone": [describe(part)["$timedelta"] if type(part) is timedelta else part for part in value.__getinitargs__()]}
    if kind is ZoneInfo:
        return {"$ZoneInfo": value.key}
    if kind is Marker:
        return {"$Marker": []}
    if kind in (Decimal, UUID, SafeString):
        return {"$" + kind.__name__: str.__str__(value) if kind is SafeString else str(value)}
    raise TypeError(kind)


def clock(value):
    zone = None if value.tzinfo is None else describe(value.tzinfo)
    return [value.hour, value.minute, value.second, value.microsecond, value.fold, zone]


utc = timezone.utc
half_past_five = timezone(timedelta(hours=5, minutes=30))
berlin = ZoneInfo("Europe/Berlin")

VALUES = {
    "None": None,
    "bools": [True, False],
    "ints": [0, 1, -1, 127, 128, 255, 256, 65535, 65536, -128, -129, 2**31 - 1, 2**31, -(2**31), -(2**31) - 1],
    "ints to 2^53": [2**40, -(2**40), 2**47 - 1, 2**47, -(2**47), 2**53 - 1, -(2**53) + 1],
    "ints past 2^53": [2**53, -(2**53), 2**63 - 1, 2**63, -(2**63), 2**64, 10**30, -(10**30), 2**127, -(2**127), 255 << 64],
    "an int of 255 bytes": 2**2032,
    "an int of 256 bytes": -(2**2047) - 1,
    "floats": [1.5, -2.25, 0.1, 1e-7, 1e300, 5e-324, -0.0, float("inf"), float("-inf"), float("nan")],
    "whole floats": [3.0, 1e16, -1e22],
    "str": "hi",
    "an empty str": "",
    "unicode": "é😀\u007f\"\\/\n\r\t\0\x1a\u2028\ufffd €",
    "escapes": "\\u0041 \\ \\\\ \\U0001f600",
    "surrogates": "a\ud800b\udfff",
    "a str of 255 bytes": "x" * 255,
    "a str of 256 bytes": "é" * 128,
    "bytes": b"\x00ab\xff\n\\",
    "empty bytes": b"",
    "256 bytes": bytes(range(256)),
    "bytearray": bytearray(b"\x00ab\xff"),
    "an empty bytearray": bytearray(),
    "lists": [[], [1], [1, 2], [[["deep"]]]],
    "tuples": [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), ((), ((),))],
    "dicts": {"none": {}, "one": {"a": 1}, "two": {"b": 1, "a": [True, {"c": None}]}},
    "keys that JavaScript has words for": {"__proto__": {"admin": True}, "constructor": 1, "toString": 2, "": 3},
    "other keys": {1: "int", "s": "str", None: 0, True: "", 1.5: [], (1, "a"): {2: {3: 4}}, b"b": 2**60},
    "a first key that is text": {"a": 1, "b": 2, 3: 4},
    "sets": [set(), {7}, {1, 2, 3}, {(1, "a")}],
    "frozensets": [frozenset(), frozenset([7]), frozenset([1, 2, 3]), {frozenset([1])}],
    "OrderedDict": OrderedDict([("b", 1), ("a", 2), (3, OrderedDict())]),
    "an OrderedDict of one": OrderedDict([("a", OrderedDict())]),
    "naive datetimes": [datetime(2024, 1, 31, 12, 30, 59, 123456), datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59, 999999)],
    "UTC datetimes": [datetime(2024, 2, 29, 12, 30, tzinfo=utc), datetime(1969, 12, 31, 23, 59, 59, 999999, utc)],
    "datetimes at a distance": [
        datetime(2024, 1, 1, tzinfo=half_past_five),
        datetime(2024, 1, 1, tzinfo=timezone(-timedelta(hours=1, minutes=2, seconds=3, microseconds=4), "odd")),
        datetime(2024, 1, 1, tzinfo=half_past_five),
    ],
    "datetimes in a zone": [datetime(2024, 7, 1, 12, tzinfo=berlin), datetime(2024, 12, 1, 12, tzinfo=berlin)],
    "dates": [date(2024, 2, 29), date(1, 1, 1), date(9999, 12, 31)],
    "times": [time(), time(23, 59, 59, 999999), time(12, 30, tzinfo=utc), time(6, tzinfo=berlin)],
    "timedeltas": [timedelta(), timedelta(1, 2, 3), timedelta(microseconds=-1), timedelta.max, timedelta.min],
    "timezones": [utc, half_past_five, timezone(timedelta(hours=-3, seconds=-7), "BRT")],
    "a timezone named UTC": timezone(timedelta(0), "UTC"),
    "ZoneInfos": [berlin, ZoneInfo("UTC"), ZoneInfo("America/New_York"), berlin],
    "Decimals": [Decimal(text) for text in ("1.50", "-0", "0E+3", "1E+3", "1e-30", "NaN", "sNaN12", "-Infinity", "9" * 40)],
    "UUIDs": [UUID("12345678-1234-5678-9234-567812345678"), UUID(int=1), UUID(int=2**128 - 1)],
    "SafeString": SafeString("<b>bold & é</b>"),
    "herd": (Marker(), {"value": [1, 2]}, 1700000000),
    "a session": {
        "_auth_user_id": "7",
        "_auth_user_backend": "django.contrib.auth.backends.ModelBackend",
        "_session_expiry": 1209600,
        "cart": [(UUID(int=7), Decimal("9.90"), 2)],
        "seen": datetime(2024, 1, 31, 12, 30, 59, 123456, utc),
    },
    "query results": [
        {"id": 1, "name": "a", "price": Decimal("1.00"), "created": datetime(2024, 1, 1, 0, 0, 0, 1, utc), "tags": ("x", "y")},
        {"id": 2, "name": "b", "price": Decimal("1.00"), "created": datetime(2024, 1, 1, 0, 0, 0, 2, utc), "tags": ()},
    ],
}

# Python leaves the fold out below protocol 4.
FOLDS = [datetime(2024, 10, 27, 2, 30, fold=1), datetime(2024, 10, 27, 2, 30, tzinfo=berlin, fold=1), time(2, 30, fold=1)]


def shared():
    text, data, inner, pair, moment = "text", b"bytes", [1], ("a", "b"), datetime(2024, 1, 1, tzinfo=utc)
    once = {"list": inner, "text": text, "data": data, "pair": pair, "moment": moment, "table": {1: 2}, "set": {1}}
    return [once, once, inner, text, data, pair, moment, once["table"], once["set"], *map(str, range(300)), text, inner, "299"]


def list_in_itself():
    made = [1]
    made.append(made)
    return made


def dict_in_itself():
    made = {"a": 1}
    made["self"] = made
    return made


def map_in_itself():
    made = {}
    made["list"] = [made]
    made[1] = made
    return made


def tuple_through_list(*others):
    inner = []
    made = (inner, *others)
    inner.append(made)
    return made


CYCLES = {
    "a list in itself": list_in_itself(),
    "a dict in itself": dict_in_itself(),
    "a dict with other keys in itself": map_in_itself(),
    "a tuple of 1 in its list": tuple_through_list(),
    "a tuple of 5 in its list": tuple_through_list(1, 2, 3, 4),
}

# Their bytes are long, so what is kept is their digest.
LARGE = {
    "a str of 64 KiB less 1": ({"$repeat": ["x", 65535]}, "x" * 65535),
    "a str of 64 KiB": ({"$repeat": ["x", 65536]}, "x" * 65536),
    "strs of 70,000": ([{"$repeat": ["é", 35000]}, "small", {"$repeat": ["y", 70000]}, 1, 2], ["é" * 35000, "small", "y" * 70000, 1, 2]),
    "bytes of 70,000": ([{"$bytesOf": ["b", 70000]}, "small"], [b"b" * 70000, "small"]),
    "a bytearray of 70,000": ([{"$bytearrayOf": ["b", 70000]}, "small"], [bytearray(b"b" * 70000), "small"]),
    "many frames": ([[{"$repeat": ["z", 1000 + at]}] for at in range(300)], [["z" * (1000 + at)] for at in range(300)]),
    "a list of 1,000": ({"$range": 1000}, list(range(1000))),
    "a list of 1,001": ({"$range": 1001}, list(range(1001))),
    "a list of 100,000": ({"$range": 100000}, list(range(100000))),
    "a dict of 1,001": ({"$rangeDict": 1001}, {str(at): at for at in range(1001)}),
    "a dict of 1,001 ints": ({"$rangeMap": 1001}, {at: at for at in range(1001)}),
    "an OrderedDict of 1,000": ({"$rangeOrderedDict": 1000}, OrderedDict((at, at) for at in range(1000))),
    "an OrderedDict of 1,001": ({"$rangeOrderedDict": 1001}, OrderedDict((at, at) for at in range(1001))),
    "a set of 999": ({"$rangeSet": 999}, set(range(999))),
    "a set of 1,000": ({"$rangeSet": 1000}, set(range(1000))),
    "a set of 1,001": ({"$rangeSet": 1001}, set(range(1001))),
    "400 lists in each other": ({"$nested": 400}, reduce(lambda made, _: [made], range(399), [])),
}


def pickles(value, protocols=range(6)):
    return {str(protocol): base64.b64encode(pickle.dumps(value, protocol)).decode() for protocol in protocols}


def digest(description, value):
    written = pickle.dumps(value, 4)
    return {"value": description, "length": len(written), "sha256": hashlib.sha256(written).hexdigest()}


def main():
    vectors = {
        "values": [{"name": name, "value": describe(value), "pickles": pickles(value)} for name, value in VALUES.items()]
        + [{"name": "folds", "value": describe(FOLDS), "pickles": pickles(FOLDS, (4, 5))}],
        "shared": {"value": describe(shared()), "pickles": pickles(shared())},
        "cycles": [{"name": name, "pickles": pickles(value)} for name, value in CYCLES.items()],
        "large": [{"name": name, **digest(*parts)} for name, parts in LARGE.items()],
    }
    target = Path(__file__).with_suffix(".json")
    target.write_text(json.dumps(vectors, indent=2) + "\n")


if __name__ == "__main__":
    main()
