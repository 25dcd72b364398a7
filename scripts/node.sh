#!/usr/bin/env bash
# Prints the folder of a Node that is new enough, which goes first in PATH: the system's, else the npm package `node` in
# .tools/ (a plain download of the official binary; nothing outside this folder changes).
set -euo pipefail
cd "$(dirname "$0")/.."
major=22
minor=17

new_enough() {
    local version
    version=$("$1" --version 2>/dev/null) || return 1
    version=${version#v}
    local has_major=${version%%.*} rest=${version#*.}
    local has_minor=${rest%%.*}
    ((has_major > major || (has_major == major && has_minor >= minor)))
}

if command -v npm >/dev/null && new_enough node; then
    dirname "$(command -v node)"
    exit 0
fi
tools=$PWD/.tools/node
if ! new_enough "$tools/bin/node"; then
    if ! command -v npm >/dev/null; then
        echo "need: Node $major.$minor or newer with npm is missing; install the package npm, or Node from https://nodejs.org" >&2
        exit 1
    fi
    echo "installing: Node 24 into .tools/node (the system's is missing or older than $major.$minor)" >&2
    mkdir -p "$tools/bin"
    printf '{"private":true}\n' >"$tools/package.json"
    npm --prefix "$tools" install --silent --no-audit --no-fund --no-save node@24 >&2
    ln -sf ../node_modules/node/bin/node "$tools/bin/node"
    if ! new_enough "$tools/bin/node"; then
        echo "need: the npm package node@24 did not give a Node that runs here; install Node $major.$minor or newer" >&2
        exit 1
    fi
fi
echo "$tools/bin"
