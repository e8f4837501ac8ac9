#!/bin/sh
# A sentinel whose process stood still for two seconds is in TILT mode for half a minute. SENTINEL FAILOVER is answered
# OK there, and its subscribers hear +new-epoch and +try-failover at once, as of any failover. Then nothing happens: the
# failover is neither refused nor begun nor given up, and the old primary accepts writes. When TILT ends, the same failover
# goes on without a further +try-failover: the replica is promoted less than a second later. So +try-failover does not
# say that a promotion is near; +selected-slave does.
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
heard() { grep -c "^$1\$" messages || true; }

start redis-server 28471 'save ""'
start redis-server 28472 'save ""' 'replicaof 127.0.0.1 28471' 'repl-diskless-sync-delay 0'
start redis-sentinel 28481 'sentinel monitor service 127.0.0.1 28471 1'
until [ "$(cli 28471 INFO replication | grep -c state=online)" = 1 ]; do sleep 0.2; done
until [ "$(cli 28481 SENTINEL REPLICAS service | grep -c '^name$')" = 1 ]; do sleep 0.2; done

kill -STOP "$(cat 28481.pid)"
sleep 3
kill -CONT "$(cat 28481.pid)"
until cli 28481 INFO sentinel | tr -d '\r' | grep -qx 'sentinel_tilt:1'; do sleep 0.1; done
: >messages
redis-cli -p 28481 PSUBSCRIBE '*' >messages &
echo $! >subscriber.pid
until [ "$(heard psubscribe)" = 1 ]; do sleep 0.1; done

echo "Redis $(./redis-server --version | cut -d= -f2 | cut -d' ' -f1): SENTINEL FAILOVER in TILT mode: $(cli 28481 SENTINEL FAILOVER service)"
since=$(date +%s)
sleep 3
echo "3 s later: +new-epoch heard $(heard +new-epoch) times, +try-failover heard $(heard +try-failover) times, +selected-slave $(heard +selected-slave) times; 28471 is $(role 28471), SET there: $(cli 28471 SET k 1)"
[ "$(heard +try-failover) $(heard +selected-slave) $(role 28471)" = '1 0 master' ]
until [ "$(cli 28481 INFO sentinel | tr -d '\r' | grep -cx 'sentinel_tilt:0')" = 1 ]; do sleep 0.05; done
ended=$(date +%s%N)
until [ "$(role 28472)" = master ] || [ $(($(date +%s) - since)) -gt 60 ]; do sleep 0.05; done
lasted=$(($(date +%s) - since))
after=$((($(date +%s%N) - ended) / 1000000))
echo "28472 is $(role 28472) after $lasted s, $after ms after the end of TILT; +try-failover heard $(heard +try-failover) times, +selected-slave $(heard +selected-slave) times"
[ "$(role 28472)" = master ] && [ "$lasted" -ge 15 ] && [ "$after" -lt 5000 ] && [ "$(heard +try-failover)" = 1 ]
