#!/bin/sh
# twemproxy divides MGET, DEL and TOUCH of several keys among its servers and adds up what they answer. EXISTS of
# several keys it sends whole to the server of the first one, and gives the count of that server for all: no error, and a
# number that is too small.
set -eu
folder=$(mktemp -d)
trap 'kill $(cat "$folder"/*.pid) 2>/dev/null || true; sleep 1; rm -rf "$folder"' EXIT
cd "$folder"
redis=5:7.0.15-1~deb12u10
proxy=0.5.0+dfsg-2
apt-get download "redis-tools=$redis" "redis-server=$redis" "nutcracker=$proxy" \
  libjemalloc2 liblua5.1-0 liblzf1 lua-bitop lua-cjson libyaml-0-2 >download.log 2>&1
for package in *.deb; do dpkg-deb -x "$package" .; done
LD_LIBRARY_PATH=$(find "$folder/usr/lib" -name '*.so*' -exec dirname {} + | sort -u | paste -sd:)
export LD_LIBRARY_PATH
PATH="$folder/usr/bin:$PATH"
cp usr/bin/redis-check-rdb redis-server

for port in 28911 28912; do
  ./redis-server --port $port --bind 127.0.0.1 --save '' --daemonize yes --pidfile "$folder/$port.pid" >/dev/null
done
cat >proxy.yml <<'END'
pool:
  listen: 127.0.0.1:28910
  hash: fnv1a_64
  distribution: ketama
  redis: true
  servers:
   - 127.0.0.1:28911:1 one
   - 127.0.0.1:28912:1 two
END
./usr/sbin/nutcracker -d -c proxy.yml -s 28913 -p "$folder/proxy.pid" -o proxy.log
until [ "$(redis-cli -p 28911 PING)$(redis-cli -p 28912 PING)$(redis-cli -p 28910 PING)" = PONGPONGPONG ] 2>/dev/null; do sleep 0.1; done

keys=''
for number in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  keys="$keys k$number"
  redis-cli -p 28910 SET "k$number" value >/dev/null
done
echo "$(./redis-server --version | cut -d' ' -f1-3); $(./usr/sbin/nutcracker --version 2>&1 | head -1)"
echo "keys: $(redis-cli -p 28911 DBSIZE) on one server, $(redis-cli -p 28912 DBSIZE) on the other"
# shellcheck disable=SC2086
touched=$(redis-cli -p 28910 TOUCH $keys)
# shellcheck disable=SC2086
read=$(redis-cli -p 28910 MGET $keys | grep -c value)
# shellcheck disable=SC2086
exists=$(redis-cli -p 28910 EXISTS $keys)
each=0
for key in $keys; do each=$((each + $(redis-cli -p 28910 EXISTS "$key"))); done
# shellcheck disable=SC2086
gone=$(redis-cli -p 28910 DEL $keys)
echo "TOUCH of all: $touched; MGET of all: $read; DEL of all: $gone"
echo "EXISTS of all: $exists; EXISTS of each, added up: $each"
[ "$touched $read $gone" = '20 20 20' ] && [ "$each" = 20 ] && [ "$exists" -lt 20 ]
