#!/bin/sh
# A primary of a cluster that stands still (SIGSTOP here; a container that is paused) and is replaced meanwhile answers OK, when
# it goes on, to the writes that lay in its sockets: it runs them before it hears from the others that it is a replica
# now, and drops them as soon as it does. Who waited for those replies takes for written what no node has.
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
redis-cli --cluster add-node 127.0.0.1:28574 127.0.0.1:28571 --cluster-slave --cluster-master-id "$(cli 28571 CLUSTER MYID)" >add.log
until cli 28574 INFO replication | grep -q 'master_link_status:up'; do sleep 0.2; done
until cli 28571 SET '{b}' before >reply && grep -q OK reply; do sleep 0.2; done

mkfifo writes
redis-cli -p 28571 --pipe <writes >replies &
client=$!
exec 3>writes
sleep 0.5
kill -STOP "$(cat 28571.pid)"
for number in $(seq 100); do printf 'SET {b}%s late\r\n' "$number" >&3; done
exec 3>&-
until cli 28574 ROLE | grep -q master && cli 28574 SET '{b}' after >reply && grep -q OK reply; do sleep 0.2; done
echo "$(./redis-server --version | cut -d' ' -f1-3): 28571 stands still with 100 SETs in its socket; 28574 is primary and takes writes"
kill -CONT "$(cat 28571.pid)"
wait $client
answered=$(sed -n 's/^errors: //p' replies)
written=$(cli 28574 CLUSTER COUNTKEYSINSLOT "$(cli 28574 CLUSTER KEYSLOT '{b}')")
echo "28571 woke up and answered the 100 SETs: errors: $answered"
echo "keys of their slot on the primary, with the one that was written before: $written"
until cli 28571 INFO replication | grep -q 'master_link_status:up'; do sleep 0.2; done
echo "keys of their slot on 28571, which is its replica now: $(cli 28571 CLUSTER COUNTKEYSINSLOT "$(cli 28571 CLUSTER KEYSLOT '{b}')")"
[ "$answered" = '0, replies: 100' ] && [ "$written" = 1 ]
