#!/bin/sh
# A user who may run scripts and not GETRANGE gets NOPERM for GETRANGE itself. Within a script the same refusal has the code ERR
# and a text of its own, which names neither the user nor the command; redis.pcall gives that error too. A client that tells
# missing rights by NOPERM takes it for an error of the script.
set -eu
folder=$(mktemp -d)
trap 'kill $(cat "$folder"/*.pid) 2>/dev/null || true; sleep 1; rm -rf "$folder"' EXIT
cd "$folder"
version=5:7.0.15-1~deb12u10
apt-get download "redis-tools=$version" "redis-server=$version" libjemalloc2 liblua5.1-0 liblzf1 lua-bitop lua-cjson \
  >download.log 2>&1
for package in *.deb; do dpkg-deb -x "$package" .; done
LD_LIBRARY_PATH=$(find "$folder/usr/lib" -name '*.so*' -exec dirname {} + | sort -u | paste -sd:)
export LD_LIBRARY_PATH
cp usr/bin/redis-check-rdb redis-server
printf '%s\n' 'port 28583' 'bind 127.0.0.1' 'daemonize yes' "dir $folder" "pidfile $folder/server.pid" 'save ""' >conf
./redis-server conf >/dev/null
cli() { usr/bin/redis-cli -p 28583 --no-auth-warning "$@" 2>&1; }
until cli PING >reply && grep -q PONG reply; do sleep 0.1; done

cli ACL SETUSER reader on '>secret' '~*' +@all -getrange >reply
as_reader() { cli --user reader --pass secret "$@" | head -1; }
direct=$(as_reader GETRANGE k 0 1)
script=$(as_reader EVAL "return redis.call('GETRANGE', KEYS[1], 0, 1)" 1 k)
caught=$(as_reader EVAL "return redis.pcall('GETRANGE', KEYS[1], 0, 1)" 1 k)
echo "$(./redis-server --version | cut -d' ' -f1-3), a user without +getrange:"
printf '%s\n' "GETRANGE:                       $direct" "EVAL with redis.call('GETRANGE'):  $script" "EVAL with redis.pcall('GETRANGE'): $caught"
case "$direct" in NOPERM*) ;; *) exit 1 ;; esac
case "$script" in ERR*) ;; *) exit 1 ;; esac
case "$caught" in ERR*) ;; *) exit 1 ;; esac
