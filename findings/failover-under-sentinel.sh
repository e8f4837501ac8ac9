#!/bin/sh
# FAILOVER, run on a primary that Sentinel watches, makes the replica that it names the primary at once, and the server
# itself a replica. The sentinels see that, and go on giving clients the address of the server that is a replica now: for
# half a minute with down-after-milliseconds 1000 (the time is 8 s and twice the period of their INFO, 10 s). Then they
# hold it for down and promote a replica of their own choice.
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
named() { cli 28381 SENTINEL GET-MASTER-ADDR-BY-NAME service | tail -1; }

start redis-server 28371 'save ""'
for port in 28372 28373; do start redis-server $port 'save ""' 'replicaof 127.0.0.1 28371' 'repl-diskless-sync-delay 0'; done
for port in 28381 28382 28383; do
  start redis-sentinel $port 'sentinel monitor service 127.0.0.1 28371 2' 'sentinel down-after-milliseconds service 1000'
done
until [ "$(cli 28371 INFO replication | grep -c state=online)" = 2 ] && [ "$(cli 28381 SENTINEL CKQUORUM service | cut -c1-4)" = 'OK 3' ]; do sleep 0.2; done
until [ "$(cli 28381 SENTINEL REPLICAS service | grep -c '^name$')" = 2 ]; do sleep 0.2; done

echo "Redis $(./redis-server --version | cut -d= -f2 | cut -d' ' -f1): FAILOVER TO 127.0.0.1 28372 on the primary 28371: $(cli 28371 FAILOVER TO 127.0.0.1 28372)"
until [ "$(role 28371) $(role 28372)" = 'slave master' ]; do sleep 0.2; done
since=$(date +%s)
echo "28371 says $(role 28371), 28372 says $(role 28372); the sentinels name $(named)"
while [ "$(named)" = 28371 ] && [ $(($(date +%s) - since)) -lt 60 ]; do sleep 0.5; done
lasted=$(($(date +%s) - since))
echo "the sentinels went on naming 28371 for $lasted s, and name $(named) now"
[ "$lasted" -ge 10 ]
