"""What the tests' Python code sees: caches in the documented format, Django with django-redis, and the usual types."""

import collections
import datetime
import decimal
import sys
import uuid
import zoneinfo

import django
from django.conf import settings
from redis import Redis

ADDRESS = sys.argv[1]

OPTIONS = {
    "pickle": {},
    "json": {"SERIALIZER": "django_redis.serializers.json.JSONSerializer"},
    "msgpack": {"SERIALIZER": "django_redis.serializers.msgpack.MSGPackSerializer"},
    "zlib": {"COMPRESSOR": "django_redis.compressors.zlib.ZlibCompressor"},
    "herd": {"CLIENT_CLASS": "herd.HerdClient"},
    "herd_zlib": {"CLIENT_CLASS": "herd.HerdClient", "COMPRESSOR": "django_redis.compressors.zlib.ZlibCompressor"},
    "old_herd": {"CLIENT_CLASS": "django_redis.client.HerdClient"},
}

COMMON = {
    "BACKEND": "django_redis.cache.RedisCache",
    "LOCATION": f"redis://{ADDRESS}/0",
    "KEY_PREFIX": "shop",
    "VERSION": 2,
}

settings.configure(
    SECRET_KEY="not a secret",
    USE_TZ=True,
    CACHE_HERD_TIMEOUT=30,
    SESSION_ENGINE="django.contrib.sessions.backends.cache",
    CACHES={
        **{alias: {**COMMON, "OPTIONS": options} for alias, options in OPTIONS.items()},
        "default": COMMON,
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
