#!/bin/sh
# Builds the fuzz targets as cargo-fuzz would, on the stable toolchain, and runs those named (or all) for SECONDS_EACH (20).
set -eu
cd "$(dirname "$0")"
target=$(rustc -vV | sed -n 's/^host: //p')
coverage="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters"
coverage="$coverage -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares"
# RUSTC_BOOTSTRAP lets the stable compiler take -Z; --target keeps build scripts free of the instrumentation.
if [ -z "${FUZZ_ONE:-}" ]; then
    RUSTC_BOOTSTRAP=1 RUSTFLAGS="--cfg fuzzing -Cdebug-assertions -Ccodegen-units=1 -Zsanitizer=${SANITIZER:-address} $coverage" \
        cargo build --release --bins --target "$target"
fi
[ $# -gt 0 ] || set -- rtmp_session amf flv_tag avc_config aac_config irc_line irc_tags native_client ws_frame ws_inflate link_frame avif_file
# As many at once as there are cores; what a target says is shown when it ends, and one that fails ends the run.
run() {
    name=$1
    mkdir -p "corpus/$name" "artifacts/$name"
    seeds=""
    [ ! -d "seeds/$name" ] || seeds="seeds/$name"
    # shellcheck disable=SC2086
    "target/$target/release/$name" "corpus/$name" $seeds "-artifact_prefix=artifacts/$name/" \
        "-max_total_time=${SECONDS_EACH:-20}" -max_len=8192 -rss_limit_mb=1024 -timeout=10 -print_final_stats=1 \
        >"artifacts/$name.log" 2>&1 && code=0 || code=$?
    printf '\n%s\n' "$name"
    if [ $code -ne 0 ]; then
        cat "artifacts/$name.log"
        # 255: xargs starts no more.
        exit 255
    fi
    grep '^stat::\|^DONE\|^Done' "artifacts/$name.log"
}
if [ "${FUZZ_ONE:-}" ]; then
    run "$1"
else
    printf '%s\n' "$@" | FUZZ_ONE=1 xargs -P "$(nproc)" -n 1 ./run.sh
fi
