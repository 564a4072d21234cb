#!/bin/sh
# Makes .venv with exactly the locked packages, and sees to the system's libraries. Asks for nothing when all is there.
set -eu
cd "$(dirname "$0")/.."
sh requirements/libraries.sh
stamp=.venv/.ready
want=$(cat requirements/runtime.txt requirements/dev.txt pyproject.toml | cksum)
[ -f "$stamp" ] && [ "$(cat "$stamp")" = "$want" ] && exit 0

python=""
for candidate in "${PYTHON:-}" python3 python3.14 python3.13 python3.12 python3.11; do
    [ -n "$candidate" ] || continue
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        python=$candidate
        break
    fi
done
[ -n "$python" ] || { echo "capdesk needs Python 3.11 or newer: install it, or name it with PYTHON=/path/to/python3." >&2; exit 1; }

make_venv() { rm -rf .venv && "$python" -m venv .venv >/dev/null 2>&1; }
if ! make_venv; then
    # Debian and Ubuntu ship Python without venv.
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    sudo=""
    [ "$(id -u)" = 0 ] || sudo=sudo
    if command -v apt-get >/dev/null; then
        echo "Installing python$version-venv ..." >&2
        $sudo apt-get update -qq && $sudo apt-get install -y -qq "python$version-venv" >/dev/null
    fi
    make_venv || { echo "No virtual environment could be made with $python: install its venv module, then try again." >&2; exit 1; }
fi
echo "Installing the locked packages into .venv ..." >&2
PIP_DISABLE_PIP_VERSION_CHECK=1 .venv/bin/python -m pip install -q --require-hashes -r requirements/runtime.txt -r requirements/dev.txt
PIP_DISABLE_PIP_VERSION_CHECK=1 .venv/bin/python -m pip install -q --no-deps --no-build-isolation -e .
printf '%s' "$want" > "$stamp"
