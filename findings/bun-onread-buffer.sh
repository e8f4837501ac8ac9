#!/bin/sh
# A socket that is opened with `onread: { buffer, callback }` reads into that buffer in Node, and calls back with its length.
# Bun 1.3.14 reads into a buffer of its own, which it gives as the second argument, and leaves the given one as it was; a
# client that looks into the buffer that it gave finds zeros in place of replies. Bun 1.4.5 does as Node does.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "type": "module" }' >package.json
npm install --no-audit --no-fund --loglevel=error bun@1.3.14 later@npm:bun@1.4.5 >install.log

cat >onread.mjs <<'JS'
import net from 'node:net'

const buffer = Buffer.alloc(64)
const server = net.createServer((socket) => socket.end('+PONG\r\n'))
server.listen(0, '127.0.0.1', () => {
  const callback = (length, read) => {
    const text = (bytes) => JSON.stringify(Buffer.from(bytes.buffer, bytes.byteOffset, length).toString('latin1'))
    console.log(`in the given buffer ${text(buffer)}, in the second argument ${text(read)}, the same: ${read === buffer}`)
    server.close()
    return true
  }
  net.connect({ port: server.address().port, host: '127.0.0.1', onread: { buffer, callback } })
})
JS
node=$(node onread.mjs)
bun=$(node_modules/.bin/bun run onread.mjs)
later=$(node_modules/later/bin/bun.exe run onread.mjs)
printf '%s\n' "Node $(node --version): $node" "Bun $(node_modules/.bin/bun --version): $bun" "Bun 1.4.5: $later"
case "$node" in *'given buffer "+PONG'*'the same: true') ;; *) exit 1 ;; esac
case "$bun" in *'given buffer "\u0000'*'argument "+PONG'*'the same: false') ;; *) exit 1 ;; esac
[ "$later" = "$node" ]
