#!/usr/bin/env bash
# The web UI: `build` (skipped when nothing changed), or `test`: formats, lints, types, unit tests, and the build.
set -euo pipefail
cd "$(dirname "$0")/.."

use_node() {
    PATH=$(scripts/node.sh):$PATH
    export PATH
}
stale() {
    [[ ! -f ui/build/index.html ]] ||
        [[ -n $(find ui/src ui/static ui/package-lock.json ui/*.ts ui/*.js -newer ui/build/index.html -print -quit 2>/dev/null) ]]
}
build() {
    if stale; then
        echo "building: UI" >&2
        # Two hundred lines of file sizes, unless it fails.
        (cd ui && npm run --silent build -- --logLevel warn >&2)
        # Vite keeps the time of files that it copies.
        touch ui/build/index.html
    fi
}

case ${1:-build} in
build)
    if stale; then
        use_node
        scripts/npm-ready.sh ui
        build
    fi
    ;;
test)
    use_node
    scripts/npm-ready.sh ui
    cd ui
    npm run --silent format:check
    npm run --silent lint
    npm run --silent check
    npm test --silent
    cd ..
    build
    ;;
esac
