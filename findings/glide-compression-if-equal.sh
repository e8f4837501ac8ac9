#!/bin/sh
# GLIDE can compress values; it then refuses commands that would see compressed bytes, as APPEND, STRLEN and GETRANGE,
# with an error that says why. SET with onlyIfEqual it lets through: the server compares the text that it was given with
# compressed bytes, so it never writes, and the answer is that of a value that somebody else has changed.
set -eu
unpack=$(cd "$(dirname "$0")/../scripts/support" && pwd)/apt-unpack.mjs
folder=$(mktemp -d)
trap 'kill "$(cat "$folder/server.pid")" 2>/dev/null || true; sleep 1; rm -rf "$folder"' EXIT
cd "$folder"
cat >unpack.mjs <<'PROGRAM'
const { unpack } = await import(process.argv[2])
const programs = ['valkey-server']
unpack([{ packages: programs, version: '9.1', programs, folder: '.' }], () => {})
PROGRAM
node unpack.mjs "$unpack"
printf '%s\n' 'port 28609' 'bind 127.0.0.1' 'daemonize yes' "dir $folder" "pidfile $folder/server.pid" 'save ""' >conf
bin/valkey-server conf >server.log
echo '{ "private": true, "type": "module" }' >package.json
npm install --no-audit --no-fund --loglevel=error @valkey/valkey-glide@2.5.2 >install.log

cat >program.mjs <<'PROGRAM'
import { GlideClient, Logger } from '@valkey/valkey-glide'

Logger.setLoggerConfig('off')
for (const enabled of [false, true]) {
  const client = await GlideClient.createClient({ addresses: [{ host: '127.0.0.1', port: 28609 }], compression: { enabled } })
  const short = 'short'
  const long = 'a value that is long enough to be compressed, '.repeat(4)
  const outcome = async (call) => call.catch(({ message }) => (message.includes('incompatible with compression') ? 'refused' : message))
  const seen = []
  for (const value of [short, long]) {
    await client.set('key', value)
    const same = (await client.get('key')) === value
    seen.push(`${same}, ${await outcome(client.set('key', value, { conditionalSet: 'onlyIfEqual', comparisonValue: value }))}`)
  }
  console.log(`compression ${enabled}: short ${seen[0]}; long ${seen[1]}; STRLEN ${await outcome(client.strlen('key'))}`)
  client.close()
}
PROGRAM

echo "Node $(node --version), $(bin/valkey-server --version | cut -d' ' -f1-3), GLIDE 2.5.2: whether GET gives the value, what SET onlyIfEqual of it gives"
node program.mjs | tee seen
[ "$(cat seen)" = "$(printf '%s\n' 'compression false: short true, OK; long true, OK; STRLEN 184' \
  'compression true: short true, OK; long true, null; STRLEN refused')" ]
