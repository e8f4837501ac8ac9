"""
What the tests' Python code sees: caches in the documented format, Django with django-redis, and the usual types. Clients
that both have are django-valkey's where that is installed, as a run of `npm run test:full` may have it.
"""

import collections
import datetime
import decimal
import sys
import uuid
import zoneinfo
from importlib.util import find_spec

import django
from django.conf import settings
from redis import Redis

ADDRESS = sys.argv[1]

PACKAGE, CACHE = ("django_valkey", "ValkeyCache") if find_spec("django_valkey") else ("django_redis", "RedisCache")

OPTIONS = {
    "pickle": {},
    "json": {"SERIALIZER": "django_redis.serializers.json.JSONSerializer"},
    "msgpack": {"SERIALIZER": "django_redis.serializers.msgpack.MSGPackSerializer"},
    "zlib": {"COMPRESSOR": "django_redis.compressors.zlib.ZlibCompressor"},
    "old_herd": {"CLIENT_CLASS": "django_redis.client.HerdClient"},
}

COMMON = {
    "BACKEND": "django_redis.cache.RedisCache",
    "LOCATION": f"redis://{ADDRESS}/0",
    "KEY_PREFIX": "shop",
    "VERSION": 2,
}

SHARED = {**COMMON, "BACKEND": f"{PACKAGE}.cache.{CACHE}"}

SHARDS = {
    **SHARED,
    "LOCATION": [f"redis://{ADDRESS}/{database}" for database in range(3)],
    "OPTIONS": {
        "CLIENT_CLASS": f"{PACKAGE}.client.ShardClient",
        "SERIALIZER": f"{PACKAGE}.serializers.json.JSONSerializer",
    },
}

HERD = {"CLIENT_CLASS": "herd.HerdClient"}

settings.configure(
    SECRET_KEY="not a secret",
    USE_TZ=True,
    CACHE_HERD_TIMEOUT=30,
    SESSION_ENGINE="django.contrib.sessions.backends.cache",
    CACHES={
        **{alias: {**COMMON, "OPTIONS": options} for alias, options in OPTIONS.items()},
        "default": COMMON,
        "herd": {**SHARED, "OPTIONS": HERD},
        "herd_zlib": {**SHARED, "OPTIONS": {**HERD, "COMPRESSOR": f"{PACKAGE}.compressors.zlib.ZlibCompressor"}},
        "shards": SHARDS,
        "own_keys": {
            **COMMON,
            "KEY_FUNCTION": lambda key, prefix, version: f"{prefix}/{version}/{key}",
            "REVERSE_KEY_FUNCTION": lambda key: key.split("/", 2)[2],
        },
    },
)
django.setup()

from django.contrib.sessions.backends.cache import SessionStore  # noqa: E402
from django.core.cache import caches  # noqa: E402
from django.utils.safestring import mark_safe  # noqa: E402

from documented import Cache  # noqa: E402

client = Redis.from_url(f"redis://{ADDRESS}/0")


def cache(serializer="json", compressor="identity", **options):
    """A cache in django-valkey's format."""
    return Cache(client, serializer, compressor, **options)


def session(alias, key=None):
    """A session in the cache of this alias."""
    settings.SESSION_CACHE_ALIAS = alias
    return SessionStore(key)


scope = {
    "cache": cache,
    "caches": caches,
    "client": client,
    "collections": collections,
    "datetime": datetime,
    "Decimal": decimal.Decimal,
    "mark_safe": mark_safe,
    "session": session,
    "UUID": uuid.UUID,
    "ZoneInfo": zoneinfo.ZoneInfo,
}
