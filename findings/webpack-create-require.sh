#!/bin/sh
# webpack replaces a call of createRequire, imported from node:module, by `undefined` when it cannot work out the argument
# at build time: the program is built, and the call gives undefined at run time where Node gives a function. When the
# argument is a parameter there is not even a warning. Called as a member of the module's namespace it is left alone.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "type": "module" }' >package.json
npm install --no-audit --no-fund --loglevel=error webpack@5.113.0 webpack-cli@7.3.1 >install.log

cat >program.mjs <<'PROGRAM'
import { createRequire } from 'node:module'
import * as module from 'node:module'
const places = [process.cwd() + '/package.json']
console.log(places.map((place) => typeof createRequire(place))[0], typeof module.createRequire(places[0]))
PROGRAM

./node_modules/.bin/webpack --mode none --target node20 --entry ./program.mjs --output-path out --output-filename program.cjs >build.log
inNode=$(node program.mjs)
inWebpack=$(node out/program.cjs)
echo "Node $(node --version), webpack 5.113.0: typeof createRequire(place), typeof module.createRequire(place)"
echo "in Node:      $inNode"
echo "from webpack: $inWebpack"
echo "warnings:     $(grep -c WARNING build.log || true)"
[ "$inNode" = 'function function' ] && [ "$inWebpack" = 'undefined function' ]
