#!/usr/bin/env bash
# Licences, sources, bans and security advisories of what we depend on, by cargo-deny (installed into .tools/ if missing).
#
# Advisories are a database on GitHub. Where it can't be had, that part is left out, loudly.
set -euo pipefail
cd "$(dirname "$0")/.."
deny=$(command -v cargo-deny || true)
if [[ -z $deny ]]; then
    deny=$PWD/.tools/cargo/bin/cargo-deny
    if [[ ! -x $deny ]]; then
        echo "installing: cargo-deny into .tools/cargo (once; some minutes)" >&2
        # Debug: it runs for seconds, and builds in a third of the time.
        cargo install --quiet --debug --locked --root .tools/cargo cargo-deny
    fi
fi
"$deny" --log-level error check licenses bans sources
if ! timeout 60 "$deny" --log-level off fetch db >/dev/null 2>&1; then
    echo "deny: the advisory database can't be had from here; advisories are NOT checked" >&2
    exit 0
fi
"$deny" --log-level error check advisories
