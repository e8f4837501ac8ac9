#!/bin/sh
# set(…, xx=True) writes a key only where it is there already: with django-redis's default client. Its HerdClient drops xx on
# the way: the key that was not there is written, and the answer is True.
set -eu
folder=$(mktemp -d)
trap 'kill $(cat "$folder"/*.pid) 2>/dev/null || true; sleep 1; rm -rf "$folder"' EXIT
cd "$folder"
version=5:7.0.15-1~deb12u10
apt-get download "redis-tools=$version" "redis-server=$version" libjemalloc2 liblua5.1-0 liblzf1 lua-bitop lua-cjson \
  python3-django-redis=5.2.0-1 python3-django=3:3.2.25-0+deb12u7 python3-redis=4.3.4-3 python3-sqlparse python3-asgiref \
  python3-tz python3-async-timeout python3-deprecated python3-wrapt python3-packaging >download.log 2>&1
for package in *.deb; do dpkg-deb -x "$package" .; done
LD_LIBRARY_PATH=$(find "$folder/usr/lib" -name '*.so*' -exec dirname {} + | sort -u | paste -sd:)
export LD_LIBRARY_PATH
cp usr/bin/redis-check-rdb redis-server
printf '%s\n' 'port 28582' 'bind 127.0.0.1' 'daemonize yes' "dir $folder" "pidfile $folder/server.pid" 'save ""' >conf
./redis-server conf >/dev/null
until usr/bin/redis-cli -p 28582 PING >reply && grep -q PONG reply; do sleep 0.1; done

cat >herd.py <<'PYTHON'
import sys

import django
import django_redis
from django.conf import settings

settings.configure(
    CACHES={
        name: {
            "BACKEND": "django_redis.cache.RedisCache",
            "LOCATION": "redis://127.0.0.1:28582/0",
            "KEY_PREFIX": name,
            "OPTIONS": {"CLIENT_CLASS": f"django_redis.client.{name}"},
        }
        for name in ("DefaultClient", "HerdClient")
    }
    | {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
)
django.setup()
from django.core.cache import caches

print(f"Django {django.__version__}, django-redis {django_redis.__version__}")
outcomes = []
for name in ("DefaultClient", "HerdClient"):
    cache = caches[name]
    outcomes.append((cache.set("absent", "value", xx=True), cache.get("absent")))
    print(f"{name}: set('absent', 'value', xx=True) is {outcomes[-1][0]}, then get('absent') is {outcomes[-1][1]!r}")
sys.exit(0 if outcomes == [(False, None), (True, "value")] else 1)
PYTHON
PYTHONPATH="$folder/usr/lib/python3/dist-packages" /usr/bin/python3 -s -B herd.py
