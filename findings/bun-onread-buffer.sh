#!/bin/sh
# A socket that is opened with `onread: { buffer, callback }` reads into that buffer in Node, and calls back with its length.
# Bun before 1.4 reads into a buffer of its own, which it gives as the second argument, and leaves the given one as it
# was; a client that looks into the buffer that it gave finds zeros in place of replies.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "type": "module" }' >package.json
npm install --no-audit --no-fund --loglevel=error bun@1.3.14 >install.log

cat >onread.mjs <<'JS'
import net from 'node:net'

const buffer = Buffer.alloc(64)
const server = net.createServer((socket) => socket.end('+PONG\r\n'))
server.listen(0, '127.0.0.1', () => {
  const callback = (length, read) => {
    const same = read === buffer
    console.log(`length ${length}, in the given buffer ${JSON.stringify(buffer.toString('latin1', 0, length))}, the same: ${same}`)
    server.close()
    return true
  }
  net.connect({ port: server.address().port, host: '127.0.0.1', onread: { buffer, callback } })
})
JS
node=$(node onread.mjs)
bun=$(node_modules/.bin/bun run onread.mjs)
printf '%s\n' "Node $(node --version): $node" "Bun $(node_modules/.bin/bun --version): $bun"
case "$node" in *PONG*'the same: true') ;; *) exit 1 ;; esac
case "$bun" in *u0000*'the same: false') ;; *) exit 1 ;; esac
