#!/bin/sh
# A replica that is in sync counts as `loading` in CLUSTER SHARDS, and is left out of CLUSTER SLOTS, as long as its primary has
# sent nothing since it has data: the servers take an offset of 0 for a copy that is not done. In an empty cluster a client
# that reads from replicas finds none; the first write brings them.
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
    "logfile $folder/$port/log" 'save ""' 'cluster-enabled yes' "cluster-port $((port + 100))" 'cluster-node-timeout 2000' >"$port/conf"
  ./redis-server "$port/conf" >/dev/null
}
cli() { redis-cli -p "$@"; }

for port in 28571 28572 28573 28574; do start $port; done
redis-cli --cluster create 127.0.0.1:28571 127.0.0.1:28572 127.0.0.1:28573 --cluster-yes >create.log
cli 28571 CONFIG SET repl-ping-replica-period 3600 >reply # else the first PING, after 10 s at most, ends it by chance
redis-cli --cluster add-node 127.0.0.1:28574 127.0.0.1:28571 --cluster-slave --cluster-master-id "$(cli 28571 CLUSTER MYID)" >add.log
until cli 28574 INFO replication | grep -q 'master_link_status:up'; do sleep 0.2; done
sleep 5
health() { cli 28571 CLUSTER SHARDS | awk '$0 == 28574 { found = 1 } found && $0 == "health" { getline; print; exit }'; }
listed() { cli 28571 CLUSTER SLOTS | grep -c '^28574$' || true; }
echo "$(./redis-server --version | cut -d' ' -f1-3): 5 s after the replica 28574 was in sync, and nothing was written yet:"
echo "INFO on it: $(cli 28574 INFO replication | tr -d '\r' | grep -E '^(master_link_status|slave_repl_offset)' | paste -sd' '); READONLY, GET: '$(printf 'READONLY\nGET {b}\n' | cli 28574 | tail -1)'"
before="$(health) $(listed)"
echo "its health in CLUSTER SHARDS: $(health); times in CLUSTER SLOTS: $(listed)"
cli 28571 SET '{b}' value >reply
until [ "$(health)" = online ]; do sleep 0.2; done
echo "after one SET on its primary, its health in CLUSTER SHARDS: $(health); times in CLUSTER SLOTS: $(listed)"
[ "$before" = 'loading 0' ] && [ "$(listed)" = 1 ]
