#!/bin/sh
# webpack, making ES modules (experiments.outputModule) for production, turns each use of a member of a built-in module's namespace into
# a named import. A member that this version of Node has not is undefined in a program, to be asked for and done without;
# from webpack the program is a SyntaxError before its first line runs. The module's default import is left alone.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{ "private": true, "type": "module" }' >package.json
npm install --no-audit --no-fund --loglevel=error webpack@5.113.0 webpack-cli@7.3.1 >install.log

for import in '* as zlib' 'zlib'; do
  cat >program.mjs <<PROGRAM
import $import from 'node:zlib'
console.log(typeof zlib.gzipSync, typeof zlib.ofALaterNode)
PROGRAM
  cat >webpack.config.cjs <<'CONFIG'
module.exports = {
  mode: 'production',
  target: 'node20',
  entry: './program.mjs',
  experiments: { outputModule: true },
  output: { path: `${__dirname}/out`, filename: 'program.mjs', library: { type: 'module' } },
}
CONFIG
  ./node_modules/.bin/webpack >build.log
  inNode=$(node program.mjs)
  inWebpack=$(node out/program.mjs 2>&1 | grep -E '^(function|SyntaxError)' || true)
  echo "Node $(node --version), webpack 5.113.0, import $import from 'node:zlib': typeof zlib.gzipSync, typeof zlib.ofALaterNode"
  echo "in Node:      $inNode"
  echo "from webpack: $inWebpack"
  [ "$inNode" = 'function undefined' ]
  case "$import $inWebpack" in
    '* as zlib SyntaxError'*ofALaterNode*) ;;
    'zlib function undefined') ;;
    *) exit 1 ;;
  esac
done
