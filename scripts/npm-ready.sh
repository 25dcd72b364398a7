#!/usr/bin/env bash
# Makes node_modules of a folder what its package-lock.json says, unless it is already.
#
#   scripts/npm-ready.sh ui
set -euo pipefail
cd "$(dirname "$0")/../$1"
# npm writes this file last, so it is newer than the lock exactly if an installation was finished after the lock changed.
if [[ node_modules/.package-lock.json -nt package-lock.json ]]; then
    exit 0
fi
echo "installing: npm packages of $1" >&2
npm ci --no-audit --no-fund --loglevel=error >&2
# A checkout may be younger than the files in npm's cache.
touch node_modules/.package-lock.json
