"""
django-redis's HerdClient with the marker of django-valkey's, which stores what django-valkey's stores. It stands in for
that one, which Debian does not have.
"""

import sys
import types

from django_redis.client import herd
from django_redis.exceptions import CompressorError


class Marker(herd.Marker):
    __module__ = "django_valkey.base_client"


for name in ("django_valkey", "django_valkey.base_client"):
    sys.modules.setdefault(name, types.ModuleType(name))
sys.modules["django_valkey.base_client"].Marker = Marker


class HerdClient(herd.HerdClient):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._marker = Marker()

    def deadline(self, key):
        """The third of the stored tuple."""
        return super(herd.HerdClient, self).get(key)[2]

    def same_bytes(self, key):
        """Whether the stored pickle is what this client would store; compressors need not be the same."""
        stored = self.get_client().get(self.make_key(key))
        try:
            stored = self._compressor.decompress(stored)
        except CompressorError:
            pass
        return self._serializer.dumps(super(herd.HerdClient, self).get(key)) == stored
