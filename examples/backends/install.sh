#!/bin/sh
# Makes a virtual environment for each server, in the folder venvs: what they need doesn't fit together.
set -eu
cd "$(dirname "$0")"
for name in flask litserve bentoml mlserver; do
    python3 -m venv venvs/$name
    venvs/$name/bin/pip --quiet --disable-pip-version-check install --requirement $name.txt
done
