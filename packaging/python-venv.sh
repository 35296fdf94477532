#!/bin/sh
# Makes .venv hold what the given requirements files pin: `python-venv.sh tests/requirements.txt`. Does nothing when it already does.
# Called by `make test` and `make bench`.
set -eu
cd "$(dirname "$0")/.."
[ -x .venv/bin/python ] || { echo "Making the Python environment of the tests in .venv"; python3 -m venv .venv; }
for requirements in "$@"; do
  stamp=".venv/$(echo "$requirements" | tr / -).installed"
  cmp -s "$requirements" "$stamp" && continue
  echo "Installing what $requirements pins into .venv"
  .venv/bin/python -m pip install --quiet --no-compile --disable-pip-version-check -r "$requirements"
  cp "$requirements" "$stamp"
done
