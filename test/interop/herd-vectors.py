"""Writes herd-vectors.json: JSON values, and the bytes that django-valkey's HerdClient stores for them.

Run with any CPython from 3.9 to 3.13 that has Django, valkey and django-valkey (0.4.0 wrote what is there; Debian has no
package of it):
python3 test/interop/herd-vectors.py && npx prettier --write test/interop/herd-vectors.json
"""

import base64
import json
import time
from pathlib import Path
from unittest import mock

import django
from django.conf import settings

CODECS = [(4, "none"), (5, "none"), (4, "zlib"), (0, "none"), (2, "none")]
VALUES = ["text", 7, -1.5, True, None, [1, [2]], {"a": {"b": []}, "ключ": "long " * 40}]


def cache(protocol, compressor):
    options = {"CLIENT_CLASS": "django_valkey.client.HerdClient", "PICKLE_VERSION": protocol}
    if compressor == "zlib":
        options["COMPRESSOR"] = "django_valkey.compressors.zlib.ZlibCompressor"
    return {"BACKEND": "django_valkey.cache.ValkeyCache", "LOCATION": "valkey://127.0.0.1", "OPTIONS": options}


def bytes_of(client, value, timeout, now):
    with mock.patch.object(time, "time", lambda: now):
        return client.encode(client._pack(value, timeout))


def vectors():
    for protocol, compressor in CODECS:
        client = caches[f"{protocol} {compressor}"].client
        for value in VALUES if protocol >= 4 else VALUES[-1:]:
            now, timeout = (1_700_000_000.999, 300) if compressor == "none" else (1_700_000_000.0, 1)
            yield {
                "value": value,
                "protocol": protocol,
                "compressor": compressor,
                "now": round(now * 1000),
                "timeout": timeout,
                "bytes": base64.b64encode(bytes_of(client, value, timeout, now)).decode(),
            }


settings.configure(CACHES={f"{protocol} {compressor}": cache(protocol, compressor) for protocol, compressor in CODECS})
django.setup()

from django.core.cache import caches  # noqa: E402

Path(__file__).with_name("herd-vectors.json").write_text(json.dumps(list(vectors()), ensure_ascii=False, indent=2) + "\n")
