#!/bin/sh
# express-session reads the clock twice when `cookie.maxAge` is set: once for the end, once to note `originalMaxAge`, which
# is a millisecond less when one begins in between. At each request it sets `maxAge` to `originalMaxAge`, so what was lost
# stays lost: a session of a minute that is asked for a million times lives shorter and shorter.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "type": "module" }' >package.json
npm install --no-audit --no-fund --loglevel=error express-session@1.19.0 >install.log

cat >program.mjs <<'PROGRAM'
import session from 'express-session'

const request = { sessionID: 'id', sessionStore: new session.MemoryStore() }
const { cookie } = request.sessionStore.createSession(request, {
  cookie: { originalMaxAge: 60_000, expires: new Date(Date.now() + 60_000).toISOString() },
})
const before = cookie.originalMaxAge
for (let n = 0; n < 1_000_000; n++) request.session.touch()
console.log(`originalMaxAge before: ${before}, after a million calls of touch(): ${cookie.originalMaxAge}`)
process.exitCode = before === 60_000 && cookie.originalMaxAge < before ? 0 : 1
PROGRAM

echo "Node $(node --version), express-session 1.19.0"
node program.mjs
