"""
django-valkey's HerdClient, where that is installed; else django-redis's with the marker of django-valkey's, which stores
what django-valkey's stores.
"""

import sys
import types
from importlib.util import find_spec

if find_spec("django_valkey"):
    from django_valkey.client import herd
    from django_valkey.exceptions import CompressorError
else:
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
        self._marker = sys.modules["django_valkey.base_client"].Marker()

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
