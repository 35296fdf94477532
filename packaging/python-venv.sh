#!/bin/sh
# Makes .venv hold exactly what tests/requirements.txt pins. Does nothing when it already does. Called by `make test` and `make bench`.
set -eu
cd "$(dirname "$0")/.."
requirements=tests/requirements.txt
stamp=.venv/requirements.installed
if [ -x .venv/bin/python ] && cmp -s "$requirements" "$stamp"; then exit 0; fi
echo "Making the Python environment of the tests in .venv"
[ -x .venv/bin/python ] || python3 -m venv .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check -r "$requirements"
cp "$requirements" "$stamp"
