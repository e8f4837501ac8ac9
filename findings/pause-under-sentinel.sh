#!/bin/sh
# CLIENT PAUSE ms WRITE, run on a primary that Sentinel watches, makes Sentinel replace the primary when the pause is longer
# than down-after-milliseconds, though the server answers PING and all reads meanwhile. The sentinels publish to
# __sentinel__:hello every 2 s; PUBLISH is held back as a write is, and with it the PINGs that come behind it on the same
# connection, so that the primary looks dead to them. The clients see a failover that nobody ordered, in the middle of one.
set -eu
folder=$(mktemp -d)
trap 'kill $(cat "$folder"/*.pid) 2>/dev/null || true; sleep 1; rm -rf "$folder"' EXIT
cd "$folder"
version=5:7.0.15-1~deb12u10
apt-get download "redis-tools=$version" "redis-server=$version" "redis-sentinel=$version" \
  libjemalloc2 liblua5.1-0 liblzf1 lua-bitop lua-cjson >download.log 2>&1
for package in *.deb; do dpkg-deb -x "$package" .; done
LD_LIBRARY_PATH=$(find "$folder/usr/lib" -name '*.so*' -exec dirname {} + | sort -u | paste -sd:)
export LD_LIBRARY_PATH
PATH="$folder/usr/bin:$PATH"
cp usr/bin/redis-check-rdb redis-server && cp redis-server redis-sentinel

start() {
  program=$1 port=$2
  shift 2
  mkdir -p "$port"
  printf '%s\n' "port $port" 'bind 127.0.0.1' 'daemonize yes' "dir $folder/$port" "pidfile $folder/$port.pid" \
    "logfile $folder/$port/log" "$@" >"$port/conf"
  "./$program" "$port/conf" >/dev/null
}
cli() { redis-cli -p "$@"; }
role() { cli "$1" ROLE | head -1; }
named() { cli 28481 SENTINEL GET-MASTER-ADDR-BY-NAME service | tail -1; }

start redis-server 28471 'save ""'
start redis-server 28472 'save ""' 'replicaof 127.0.0.1 28471' 'repl-diskless-sync-delay 0'
for port in 28481 28482 28483; do
  start redis-sentinel $port 'sentinel monitor service 127.0.0.1 28471 2' 'sentinel down-after-milliseconds service 1000'
done
until [ "$(cli 28471 INFO replication | grep -c state=online)" = 1 ] && [ "$(cli 28481 SENTINEL CKQUORUM service | cut -c1-4)" = 'OK 3' ]; do sleep 0.2; done
until [ "$(cli 28481 SENTINEL REPLICAS service | grep -c '^name$')" = 1 ]; do sleep 0.2; done
sleep 11

echo "Redis $(./redis-server --version | cut -d= -f2 | cut -d' ' -f1): CLIENT PAUSE 15000 WRITE on the primary 28471: $(cli 28471 CLIENT PAUSE 15000 WRITE)"
since=$(date +%s)
until waiting=$(cli 28471 CLIENT LIST | grep -c 'flags=b.*cmd=publish') && [ "$waiting" = 3 ]; do sleep 0.1; done
echo "connections that wait in PUBLISH: $waiting, as many as there are sentinels"
while [ "$(named)" = 28471 ] && [ $(($(date +%s) - since)) -lt 20 ]; do
  [ "$(cli 28471 PING)" = PONG ]
  sleep 0.2
done
echo "28471 answered PING all the while; after $(($(date +%s) - since)) s the sentinels name $(named)"
[ "$(named)" = 28472 ]
