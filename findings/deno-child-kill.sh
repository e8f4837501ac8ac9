#!/bin/sh
# A child that was paused by `child.kill('SIGSTOP')` goes on after `child.kill('SIGCONT')` in Node. In Deno the first signal
# that a child is sent makes it an ended one, whatever the signal: `signalCode` is SIGSTOP, `kill` returns false from then
# on and sends nothing, and the child stays paused, also when it is to be killed. `process.kill(child.pid, …)` works.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "type": "module" }' >package.json
npm install --no-audit --no-fund --loglevel=error deno@2.9.6 >install.log

cat >kill.mjs <<'JS'
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

const child = spawn('sleep', ['60'])
const state = () => /State:\s*(\S)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))[1]
const become = async (wanted) => {
  for (let tries = 0; state() !== wanted && tries < 100; tries++) await sleep(10)
}
child.kill('SIGSTOP')
await become('T')
const sent = child.kill('SIGCONT')
await become('S')
const seen = [`SIGCONT sent: ${sent}, state: ${state()}, signalCode: ${child.signalCode}`]
process.kill(child.pid, 'SIGCONT')
await become('S')
seen.push(`SIGCONT by its id, state: ${state()}`)
seen.push(`SIGKILL sent: ${child.kill('SIGKILL')}`)
console.log(seen.join('; '))
try {
  process.kill(child.pid, 'SIGKILL')
} catch {
  // Node's has ended already
}
JS
node=$(node kill.mjs)
deno=$(node_modules/.bin/deno run --allow-all kill.mjs)
printf '%s\n' "Node $(node --version): $node" "Deno $(node_modules/.bin/deno --version | head -1 | cut -d' ' -f2): $deno"
[ "$node" = 'SIGCONT sent: true, state: S, signalCode: null; SIGCONT by its id, state: S; SIGKILL sent: true' ] || exit 1
[ "$deno" = 'SIGCONT sent: false, state: T, signalCode: SIGSTOP; SIGCONT by its id, state: S; SIGKILL sent: false' ] || exit 1
