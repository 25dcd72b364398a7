#!/usr/bin/env bash
# Prints folders, one a line, each with a program `ffmpeg` of another version than most systems have: what the ladder must run on
# too. They are the builds that the wheels of imageio-ffmpeg (PyPI) carry, by their hash, in .tools/.
#
# Where they can't be had it says so and exits with 1.
set -euo pipefail
cd "$(dirname "$0")/.."

# version, machine, hash of the wheel, its place on PyPI
wheels() {
    cat <<'LIST'
7.0.2 x86_64 c7e46fcec401dd990405049d2e2f475e2b397779df2519b544b8aab515195282 a0/2d/43c8522a2038e9d0e7dbdf3a61195ecc31ca576fb1527a528c877e87d973/imageio_ffmpeg-0.6.0-py3-none-manylinux2014_x86_64.whl
7.0.2 aarch64 1d47bebd83d2c5fc770720d211855f208af8a596c82d17730aa51e815cdee6dc 33/e7/1925bfbc563c39c1d2e82501d8372734a5c725e53ac3b31b4c2d081e895b/imageio_ffmpeg-0.6.0-py3-none-manylinux2014_aarch64.whl
9.0.2 x86_64 050d6850601c3b3890bd2b28306f3b842b3daea390a561101174375a1c460bda de/0f/49292fbef69ee10ebcf97bb741602521caafcc6966d5fa1a2b868cc15655/imageio_ffmpeg-0.8.1-py3-none-manylinux_2_28_x86_64.whl
9.0.2 aarch64 fad3176f859b25869e60a8ed79957d4e3ed74a97a95e5f0cdcb91455f6c6d00e 53/02/e139e53a71f33f728cb2ce6c1124edc29e4c008427923f01a4d37f9a1867/imageio_ffmpeg-0.8.1-py3-none-manylinux_2_28_aarch64.whl
LIST
}

fetch() {
    local folder=$1 hash=$2 place=$3 wheel=$1/wheel.zip
    # Each only if the one before worked: where this is called, a failure alone ends nothing. The move is last: then it is whole.
    mkdir -p "$folder" &&
        curl --silent --show-error --fail --retry 3 --output "$wheel" "https://files.pythonhosted.org/packages/$place" &&
        echo "$hash  $wheel" | sha256sum --check --quiet &&
        unzip -q -o -j "$wheel" 'imageio_ffmpeg/binaries/ffmpeg-*' -d "$folder" &&
        rm "$wheel" &&
        chmod +x "$folder"/ffmpeg-* &&
        mv "$folder"/ffmpeg-* "$folder/ffmpeg"
}

machine=$(uname -m)
while read -r version built_for hash place; do
    [[ $built_for == "$machine" ]] || continue
    folder=$PWD/.tools/ffmpeg-$version
    if [[ ! -x $folder/ffmpeg ]] && ! fetch "$folder" "$hash" "$place" >&2; then
        echo "ffmpegs: FFmpeg $version can't be had from PyPI (files.pythonhosted.org)" >&2
        exit 1
    fi
    echo "$folder"
done < <(wheels)
