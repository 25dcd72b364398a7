#!/usr/bin/env bash
# What `make test` runs, and its parts: lint, test-rust, test-ui, test-fuzz, test-e2e, all.
#
# Each step is named before and timed after. The first that fails ends the run. Servers run on free ports in temporary folders.
set -euo pipefail
cd "$(dirname "$0")/.."
# Nothing that a person has set for their own server may reach the ones under test.
for name in $(compgen -e | grep '^FOOTLIGHT_' || true); do unset "$name"; done

step() {
    local name=$1 began=$SECONDS
    shift
    printf '\n== %s\n' "$name"
    "$@"
    printf '== %s: %d s\n' "$name" $((SECONDS - began))
}

lint() {
    step 'rustfmt' cargo fmt --all --check
    step 'clippy' cargo clippy --workspace --all-targets --quiet -- -D warnings
}
rust() {
    step 'Rust tests' cargo test --workspace --quiet
    step 'architecture' cargo xtask architecture
    step 'licences and advisories' scripts/deny.sh
}
ui() {
    step 'UI' scripts/ui.sh test
}
fuzz() {
    step 'fuzz targets' env SECONDS_EACH="${FUZZ_SECONDS:-10}" fuzz/run.sh
}
# The browser tests, and the HLS checker among them, on the binary that people run.
e2e() {
    step 'UI build' scripts/ui.sh build
    step 'release build' cargo build --release --quiet -p app --features embed-ui
    step 'tools build' cargo build --quiet -p xtask
    step 'browser tests' browser
}
browser() {
    PATH=$(scripts/node.sh):$PATH scripts/npm-ready.sh tests/e2e
    (cd tests/e2e && PATH=$(../../scripts/node.sh):$PATH npm test --silent)
}

case ${1:-all} in
lint) lint ;;
test-rust) rust ;;
test-ui) ui ;;
test-fuzz) fuzz ;;
test-e2e) e2e ;;
all)
    lint
    rust
    ui
    fuzz
    e2e
    printf '\n== all passed: %d s\n' "$SECONDS"
    ;;
*)
    echo "usage: scripts/test.sh lint|test-rust|test-ui|test-fuzz|test-e2e|all" >&2
    exit 2
    ;;
esac
