"""
django-valkey's documented format over redis-py: keys, patterns, values, counters, sets and locks as its clients have
them. It stands in for django-valkey, which Debian does not have.
"""

import bz2
import gzip
import json
import lzma
import pickle
import re
import zlib

import brotli
import lz4.frame
import msgpack
import zstandard
from django.core.serializers.json import DjangoJSONEncoder

SERIALIZERS = {
    "json": (lambda value: json.dumps(value, cls=DjangoJSONEncoder).encode(), lambda data: json.loads(data.decode())),
    "msgpack": (msgpack.dumps, lambda data: msgpack.loads(data, raw=False)),
    # Python's default up to 3.13, and from 3.14 on.
    "pickle": (lambda value: pickle.dumps(value, 4), pickle.loads),
    "pickle5": (lambda value: pickle.dumps(value, 5), pickle.loads),
}

COMPRESSORS = {
    "identity": (bytes, bytes),
    "zlib": (lambda data: zlib.compress(data, 6), zlib.decompress),
    "gzip": (lambda data: gzip.compress(data, 9), gzip.decompress),
    "bz2": (lambda data: bz2.compress(data, 9), bz2.decompress),
    "lzma": (lambda data: lzma.compress(data, preset=4), lzma.decompress),
    "lz4": (lz4.frame.compress, lz4.frame.decompress),
    "brotli": (brotli.compress, brotli.decompress),
    "zstd": (zstandard.ZstdCompressor(level=1).compress, zstandard.ZstdDecompressor().decompress),
}

MIN_LENGTH = 15

INCREMENT = "if redis.call('EXISTS', KEYS[1]) == 1 then return redis.call('INCRBY', KEYS[1], ARGV[1]) end"


class Cache:
    """One cache; times are seconds."""

    def __init__(self, client, serializer="json", compressor="identity", prefix="", version=1):
        self.client = client
        self.prefix = prefix
        self.version = version
        self.dumps, self.loads = SERIALIZERS[serializer]
        self.compress, self.decompress = COMPRESSORS[compressor]

    def encode(self, value):
        if type(value) in (int, float):
            return repr(value)
        data = self.dumps(value)
        return self.compress(data) if len(data) > MIN_LENGTH else data

    def decode(self, data):
        if data is None:
            return None
        if data.isdigit():
            return int(data)
        try:
            return float(data)
        except ValueError:
            pass
        try:
            data = self.decompress(data)
        except Exception:
            pass
        return self.loads(data)

    def make_key(self, key, version=None):
        return f"{self.prefix}:{self._version(version)}:{key}"

    def make_pattern(self, pattern, version=None):
        return f"{escape(self.prefix)}:{self._version(version)}:{pattern}"

    def set(self, key, value, timeout=300, version=None, nx=False, xx=False):
        px = None if timeout is None else int(timeout * 1000)
        return self.client.set(self.make_key(key, version), self.encode(value), px=px, nx=nx, xx=xx)

    def get(self, key, version=None):
        return self.decode(self.client.get(self.make_key(key, version)))

    def get_many(self, keys):
        replies = zip(keys, self.client.mget([self.make_key(key) for key in keys]))
        return {key: self.decode(data) for key, data in replies if data is not None}

    def raw(self, key):
        """The bytes that the server has."""
        return self.client.get(self.make_key(key))

    def pttl(self, key):
        return self.client.pttl(self.make_key(key))

    def incr(self, key, delta=1):
        return self.client.eval(INCREMENT, 1, self.make_key(key), delta)

    def matching(self, pattern, version=None):
        """What `keys` is to give; django-valkey's own splits at the second colon, also where the prefix has one."""
        start = len(self.make_key("", version))
        return [key.decode()[start:] for key in self.client.keys(self.make_pattern(pattern, version))]

    def delete_pattern(self, pattern, version=None):
        found = list(self.client.scan_iter(self.make_pattern(pattern, version)))
        return self.client.delete(*found) if found else 0

    def sadd(self, key, *members):
        return self.client.sadd(self.make_key(key), *map(self.encode, members))

    def srem(self, key, *members):
        return self.client.srem(self.make_key(key), *map(self.encode, members))

    def sismember(self, key, member):
        return bool(self.client.sismember(self.make_key(key), self.encode(member)))

    def smembers(self, key):
        return [self.decode(data) for data in self.client.smembers(self.make_key(key))]

    def lock(self, key, **options):
        return self.client.lock(self.make_key(key), **options)

    def _version(self, version):
        return self.version if version is None else version


def escape(text):
    return re.sub("([*?[])", r"[\1]", text)
