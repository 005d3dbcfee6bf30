#!/bin/sh
# Makes the virtual environment, unless a working one is there, or says what is missing.
# Usage: venv.sh <python> <folder>
set -u
python=$1 venv=$2

"$venv/bin/python" -m pip --version >/dev/null 2>&1 && exit 0
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    echo "Atendo needs Python 3.11 or newer; '$python' is older or missing." >&2
    echo "Name another one: make PYTHON=/path/to/python3.11 ..." >&2
    exit 1
fi
echo "Making the virtual environment; this happens once."
"$python" -m venv --clear "$venv" >/dev/null && exit 0
rm -rf "$venv"
echo "Python could not make a virtual environment: its modules venv or ensurepip are missing." >&2
echo "On Debian and Ubuntu: apt install python3-venv" >&2
exit 1
