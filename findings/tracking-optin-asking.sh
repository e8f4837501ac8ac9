#!/bin/sh
# While a slot moves in a cluster, the new node answers a redirected read only behind ASKING, and with CLIENT TRACKING ON
# OPTIN it remembers a read only behind CLIENT CACHING YES. Both hold for the next command alone, and each counts as
# that for the other: behind CACHING YES, ASKING the read is answered and not remembered, so a client that holds its
# value never hears of a change; behind ASKING, CACHING YES it is refused with MOVED. Only a transaction has both.
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
    "logfile $folder/$port/log" 'save ""' 'cluster-enabled yes' "cluster-port $((port + 100))" >"$port/conf"
  ./redis-server "$port/conf" >/dev/null
}
cli() { redis-cli -p "$@"; }

for port in 28571 28572 28573; do start $port; done
redis-cli --cluster create 127.0.0.1:28571 127.0.0.1:28572 127.0.0.1:28573 --cluster-yes >create.log
until cli 28571 SET '{b}' value >reply && grep -q OK reply; do sleep 0.2; done
slot=$(cli 28571 CLUSTER KEYSLOT '{b}')
cli 28572 CLUSTER SETSLOT "$slot" IMPORTING "$(cli 28571 CLUSTER MYID)" >reply
cli 28571 CLUSTER SETSLOT "$slot" MIGRATING "$(cli 28572 CLUSTER MYID)" >reply
cli 28571 MIGRATE 127.0.0.1 28572 '{b}' 0 5000 >reply

# Sends the lines to the new node on a connection with this mode, then writes the key; prints what the lines were answered last,
# and whether the write was announced.
try() {
  mode=$1
  shift
  printf '%s\n' "CLIENT TRACKING ON $mode" "$@" 'ECHO over' ASKING 'SET {b} value' PING | redis-cli -3 --show-pushes yes -p 28572 >out
  answer=$(sed -n '/^over$/q; /./p' out | tail -1)
  told=$(grep -c invalidate out || true)
  echo "$(printf '%s; ' "TRACKING ON${mode:+ $mode}" "$@")answers $answer, and announces the next write: $told"
  eval "$result=\$answer,\$told"
}
echo "$(./redis-server --version | cut -d' ' -f1-3): the key has moved to a node that imports its slot"
result=usual try '' ASKING 'GET {b}'
result=first try OPTIN 'CLIENT CACHING YES' ASKING 'GET {b}'
result=last try OPTIN ASKING 'CLIENT CACHING YES' 'GET {b}'
result=together try OPTIN ASKING MULTI 'CLIENT CACHING YES' 'GET {b}' EXEC
[ "$usual" = value,1 ] && [ "$first" = value,0 ] && [ "${last#MOVED}" != "$last" ] && [ "${together##*,}" = 1 ]
