#!/bin/sh
# django-redis's HerdClient keeps a value for CACHE_HERD_TIMEOUT after its timeout and answers one caller after the other that
# it is not there, so that they make it anew. get_or_set, Django's way to do that, writes with add, and add finds the old
# value still there: what was made is thrown away. So after the timeout it is made again and again, by more and more
# callers, and none of it is kept until the old value is gone from the server.
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
printf '%s\n' 'port 28581' 'bind 127.0.0.1' 'daemonize yes' "dir $folder" "pidfile $folder/server.pid" 'save ""' >conf
./redis-server conf >/dev/null
until usr/bin/redis-cli -p 28581 PING >reply && grep -q PONG reply; do sleep 0.1; done

cat >herd.py <<'PYTHON'
import sys
import time

import django
import django_redis
from django.conf import settings

herd = {
    "BACKEND": "django_redis.cache.RedisCache",
    "LOCATION": "redis://127.0.0.1:28581/0",
    "OPTIONS": {"CLIENT_CLASS": "django_redis.client.HerdClient"},
}
settings.configure(CACHE_HERD_TIMEOUT=5, CACHES={"default": herd})
django.setup()
from django.core.cache import cache

print(f"Django {django.__version__}, django-redis {django_redis.__version__}, CACHE_HERD_TIMEOUT 5")
made = 0


def make():
    global made
    made += 1
    return f"value {made}"


def ask(seconds):
    """Asks all the time; returns what came, and how often a value was made."""
    before, answers, end = made, set(), time.time() + seconds
    while time.time() < end:
        answers.add(cache.get_or_set("key", make, 600))
        time.sleep(0.01)
    return answers, made - before


cache.set("key", "old", timeout=1)
print("set with a timeout of 1 s; get:", cache.get("key"))
time.sleep(2.5)
answers, times = ask(2)
kept = cache.client.get_client().ttl(cache.make_key("key"))
print(f"from 1.5 s after its timeout on, 2 s of get_or_set: {times} values made, {len(answers)} different answers")
print(f"then the server keeps the key for {kept} s: the old one, as a new one would be kept for 605 s")
time.sleep(3)
answers, times = ask(1)
print(f"once the old value is gone from the server, 1 s of get_or_set: {times} made, {len(answers)} different answers")
sys.exit(0 if made > 10 and kept <= 5 and times == 1 else 1)
PYTHON
PYTHONPATH="$folder/usr/lib/python3/dist-packages" /usr/bin/python3 -s -B herd.py
