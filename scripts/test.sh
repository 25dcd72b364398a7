#!/usr/bin/env bash
# What `make test` runs, and its parts: lint, test-rust, test-ui, test-fuzz, test-e2e, all.
#
# Each step is named before and timed after. The first that fails ends the run. Servers run on free ports in temporary folders.
# Of the whole, the UI's checks run beside the Rust compiler, which has only one thing to do at times.
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
    step 'transcoding on other versions of FFmpeg' other_ffmpegs
    # Built with the tests. `cargo xtask` would build it anew, and all that it depends on, with the features that it needs alone.
    step 'architecture' target/debug/xtask architecture
    step 'licences and advisories' scripts/deny.sh
}
# FFmpeg changes how its graphs run from one major version to the next, and a system has but one of them.
other_ffmpegs() {
    local folders folder
    folders=$(scripts/ffmpegs.sh)
    # Of no folders the loop would still make one, which has no name.
    [ -n "$folders" ] || return 0
    while IFS= read -r folder; do
        printf '%s\n' "${folder##*/}"
        PATH=$folder:$PATH cargo test --workspace --quiet --lib -- transcode:: | grep -v '^running 0\|^test result: ok. 0\|^$'
        PATH=$folder:$PATH cargo test --workspace --quiet --test on_air --test audio --test encoded_again
    done <<<"$folders"
}
ui() {
    step 'UI' scripts/ui.sh test
}
# Starts a step in the background; `finished` waits for it and shows what it said.
beside() {
    local name=$1
    shift
    aside=$(mktemp)
    # In a process group of its own, so that a run that fails earlier takes all of it along.
    set -m
    step "$name" "$@" >"$aside" 2>&1 </dev/null &
    beside=$!
    set +m
    trap 'kill -- "-$beside" 2>/dev/null || true; rm -f "$aside"' EXIT
}
finished() {
    local code=0
    wait "$beside" || code=$?
    trap - EXIT
    cat "$aside"
    rm -f "$aside"
    return "$code"
}
fuzz() {
    step 'fuzz targets' env SECONDS_EACH="${FUZZ_SECONDS:-10}" fuzz/run.sh
}
# The browser tests, and the HLS checker among them, on the binary that people run.
e2e() {
    step 'UI build' scripts/ui.sh build
    step 'release build' cargo build --release --quiet -p app --features embed-ui
    # The tests have built it, if they ran before this.
    [[ ${tools_built:-} ]] || step 'tools build' cargo build --quiet -p xtask
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
    beside 'UI' scripts/ui.sh test
    lint
    rust
    tools_built=1
    finished
    fuzz
    e2e
    printf '\n== all passed: %d s\n' "$SECONDS"
    ;;
*)
    echo "usage: scripts/test.sh lint|test-rust|test-ui|test-fuzz|test-e2e|all" >&2
    exit 2
    ;;
esac
