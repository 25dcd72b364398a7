#!/usr/bin/env bash
# Makes sure that what a command needs is there, and installs what is missing.
#
#   scripts/need.sh run | test | lint | test-rust | test-ui | test-fuzz | test-e2e
#
# System packages come from apt (as root, or by sudo where that works), Node from the npm package `node` into .tools/.
# What can't be installed is named, and the exit code is 1.
set -euo pipefail
cd "$(dirname "$0")/.."
for_what=${1:-run}
missing=()

have() { command -v "$1" >/dev/null 2>&1; }
say() { printf '%s\n' "$*" >&2; }

# package NAME unless the check after it succeeds
want() {
    local package=$1
    shift
    "$@" >/dev/null 2>&1 || missing+=("$package")
}

have_browser() {
    [[ -n ${CHROMIUM:-} && -x $CHROMIUM ]] || have chromium || have google-chrome || have chromium-browser
}

# What programs are linked with: the compiler alone does not bring it.
have_libc() { have cc && [[ -e $(cc -print-file-name=crt1.o) ]]; }

if ! have cargo; then
    say "need: a Rust toolchain (1.94 or newer) is missing: https://rustup.rs, or the packages rustc and cargo if new enough"
    exit 1
fi
case $for_what in
test | lint)
    if ! have cargo-fmt || ! have cargo-clippy; then
        say "need: rustfmt and clippy are missing: rustup component add rustfmt clippy, or the packages rustfmt and rust-clippy"
        exit 1
    fi
    ;;
esac
# What links, and what builds the C parts: SQLite (cc), TLS (cc, cmake).
case $for_what in
run | test | lint | test-rust | test-fuzz | test-e2e)
    want gcc have cc
    want libc6-dev have_libc
    want cmake have cmake
    ;;
esac
case $for_what in
test | test-fuzz) want g++ have c++ ;;
esac
case $for_what in
run | test | test-rust | test-e2e) want ffmpeg have ffmpeg ;;
esac
# For other versions of FFmpeg, which come in archives.
case $for_what in
test | test-rust)
    want curl have curl
    want unzip have unzip
    ;;
esac
case $for_what in
test | test-e2e)
    want chromium have_browser
    want openssl have openssl
    ;;
esac
case $for_what in
run | test | test-ui | test-e2e) want npm have npm ;;
esac

install_packages() {
    local sudo=()
    if [[ $(id -u) != 0 ]]; then
        if ! have sudo || ! sudo -n true 2>/dev/null; then
            # A person at a terminal may type the password.
            have sudo && [[ -t 0 && -t 2 ]] || return 1
        fi
        sudo=(sudo)
    fi
    have apt-get || return 1
    say "installing: $*"
    local apt=("${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0)
    "${apt[@]}" install -y --no-install-recommends "$@" >/dev/null 2>&1 && return 0
    "${apt[@]}" update >/dev/null && "${apt[@]}" install -y --no-install-recommends "$@" >/dev/null
}

# One that is not to be had must not keep the others out.
install_each() {
    local package failed=()
    for package in "$@"; do install_packages "$package" || failed+=("$package"); done
    ((${#failed[@]})) || return 0
    say "need: these packages are missing and can't be installed from here: ${failed[*]}"
    say "      install them (as root: apt-get install ${failed[*]}) and run the same command again"
    if [[ " ${failed[*]} " == *' chromium '* ]]; then
        say "      Ubuntu has Chromium as a snap alone: snap install chromium; or set CHROMIUM to a browser's path"
    fi
    return 1
}

if ((${#missing[@]})) && ! install_packages "${missing[@]}"; then
    ((${#missing[@]} > 1)) && say "installing one by one"
    install_each "${missing[@]}" || exit 1
fi

case $for_what in
run | test | test-ui | test-e2e) scripts/node.sh >/dev/null ;;
esac
