#!/bin/sh
# make_venv.sh PYTHON FOLDER: a virtual environment with a Python of at least 3.11, or words about what is missing.
set -eu
python=$1
folder=$2
here=$(dirname "$0")

if ! command -v "$python" >/dev/null 2>&1; then
    sh "$here/system_packages.sh" python3 python3-venv
fi
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "vigil needs Python 3.11 or newer; $python is $("$python" -V 2>&1). Say another with: make PYTHON=python3.12 …" >&2
    exit 1
fi
if ! "$python" -c 'import venv, ensurepip' >/dev/null 2>&1; then
    sh "$here/system_packages.sh" python3-venv
fi
[ -x "$folder/bin/python" ] || "$python" -m venv "$folder"
