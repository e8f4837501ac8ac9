#!/bin/sh
# A replica of a cluster that is started again, and keeps nothing on disk (save "", repl-diskless-load on-empty-db), takes part
# at once: to READONLY reads it answers that the keys are not there, neither LOADING nor MASTERDOWN, until it has copied
# its primary: for some five seconds (repl-diskless-sync-delay 5). To a cache each of those answers is a miss.
set -eu
folder=$(mktemp -d)
trap 'kill -CONT $(cat "$folder"/*.pid) 2>/dev/null || true; kill $(cat "$folder"/*.pid) 2>/dev/null || true; sleep 1; rm -rf "$folder"' EXIT
cd "$folder"
version=5:7.0.15-1~deb12u10
apt-get download "redis-tools=$version" "redis-server=$version" \
  libjemalloc2 liblua5.1-0 liblzf1 lua-bitop lua-cjson >download.log 2>&1
for package in *.deb; do dpkg-deb -x "$package" .; done
LD_LIBRARY_PATH=$(find "$folder/usr/lib" -name '*.so*' -exec dirname {} + | sort -u | paste -sd:)
export LD_LIBRARY_PATH
PATH="$folder/usr/bin:$PATH"
cp usr/bin/redis-check-rdb redis-server

start() {
  port=$1
  mkdir -p "$port"
  printf '%s\n' "port $port" 'bind 127.0.0.1' 'daemonize yes' "dir $folder/$port" "pidfile $folder/$port.pid" \
    "logfile $folder/$port/log" 'save ""' 'repl-diskless-load on-empty-db' 'cluster-enabled yes' "cluster-port $((port + 100))" 'cluster-node-timeout 2000' >"$port/conf"
  ./redis-server "$port/conf" >/dev/null
}
cli() { redis-cli -p "$@"; }

for port in 28571 28572 28573 28574; do start $port; done
redis-cli --cluster create 127.0.0.1:28571 127.0.0.1:28572 127.0.0.1:28573 --cluster-yes >create.log
redis-cli --cluster add-node 127.0.0.1:28574 127.0.0.1:28571 --cluster-slave --cluster-master-id "$(cli 28571 CLUSTER MYID)" >add.log
until cli 28574 INFO replication | grep -q 'master_link_status:up'; do sleep 0.2; done
until cli 28571 SET '{b}' value >reply && grep -q OK reply; do sleep 0.2; done
read_replica() { printf 'READONLY\nGET {b}\n' | cli 28574 2>&1 | tail -1; }
until [ "$(read_replica)" = value ]; do sleep 0.1; done
echo "$(./redis-server --version | cut -d' ' -f1-3): READONLY, GET {b} on the replica: $(read_replica)"

kill -KILL "$(cat 28574.pid)"
while kill -0 "$(cat 28574.pid)" 2>/dev/null; do sleep 0.1; done
start 28574
until [ "$(cli 28574 PING)" = PONG ]; do sleep 0.1; done
since=$(date +%s%N)
last=nothing
misses=0
while [ "$last" != value ] && [ $(($(date +%s%N) - since)) -lt 30000000000 ]; do
  now=$(read_replica)
  [ "$now" = "$last" ] || echo "$((($(date +%s%N) - since) / 1000000)) ms after it was started again, without data: '$now'"
  last=$now
  [ -n "$now" ] || misses=$((misses + 1))
  sleep 0.1
done
echo "times that it said that there is no such key, as the primary has all the time ($(cli 28571 GET '{b}')): $misses"
[ "$last" = value ] && [ "$misses" -ge 10 ]
