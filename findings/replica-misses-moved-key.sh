#!/bin/sh
# While a slot is being moved, a replica of Redis 7 answers nil for a key that has moved already, where its primary answers
# ASK: MIGRATING is not replicated, so the replica sees only that the key was deleted. A client that reads from replicas
# takes keys for absent that were there all the time, until the slot has moved as a whole.
set -eu
folder=$(mktemp -d)
trap 'kill $(cat "$folder"/*.pid) 2>/dev/null || true; sleep 1; rm -rf "$folder"' EXIT
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
    "logfile $folder/$port/log" 'save ""' 'cluster-enabled yes' "cluster-port $((port + 100))" 'cluster-node-timeout 2000' >"$port/conf"
  ./redis-server "$port/conf" >/dev/null
}
cli() { redis-cli -p "$@"; }
# What node $1 answers to GET k.
read_at() { printf 'READONLY\nGET k\n' | cli "$1" | tail -n +2 | grep . || echo nil; }

for port in 28581 28582 28583 28584; do start $port; done
redis-cli --cluster create 127.0.0.1:28581 127.0.0.1:28582 127.0.0.1:28583 --cluster-yes >create.log
slot=$(cli 28581 CLUSTER KEYSLOT k) # 7629, of the second
source=$(cli 28582 CLUSTER MYID) target=$(cli 28583 CLUSTER MYID)
redis-cli --cluster add-node 127.0.0.1:28584 127.0.0.1:28581 --cluster-slave --cluster-master-id "$source" >add.log
until cli 28584 INFO replication | grep -q 'master_link_status:up'; do sleep 0.2; done
cli 28582 SET k value >reply
until [ "$(read_at 28584)" = value ]; do sleep 0.2; done
echo "$(./redis-server --version | cut -d' ' -f1-3): a key k, its primary says '$(read_at 28582)', the replica '$(read_at 28584)'"
cli 28583 CLUSTER SETSLOT "$slot" IMPORTING "$source" >reply
cli 28582 CLUSTER SETSLOT "$slot" MIGRATING "$target" >reply
cli 28582 MIGRATE 127.0.0.1 28583 k 0 5000 >reply
sleep 2
primary=$(read_at 28582) replica=$(read_at 28584)
echo "2 s after k moved, its slot being open: the primary says '$primary', the replica '$replica'," \
  "and the node that has it '$(printf 'ASKING\nGET k\n' | cli 28583 | tail -n +2 | grep .)'"
[ "$primary" = "ASK $slot 127.0.0.1:28583" ] && [ "$replica" = nil ]
