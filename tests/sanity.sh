#!/usr/bin/env bash
# ansible-test sanity on the built and installed artifact. Usage: tests/sanity.sh VENV
# ansible-test makes a virtual environment for each test; the pip for these comes from PyPI here, and not from a download.
set -euo pipefail
cd "$(dirname "$0")/.."
venv=$PWD/$1
home=$PWD/.cache/sanity
cache=$home/.ansible/test/cache
pip=$("$venv/bin/python" -c 'import ansible_test._internal.python_requirements as r, inspect, re
print(re.search(r"pip=.([0-9.]+)", inspect.getsource(r)).group(1))')
bootstrap=$cache/get_pip_${pip//./_}.py
mkdir -p "$cache"
if [ ! -e "$bootstrap" ]; then
    "$venv/bin/pip" download -q --no-deps --dest "$cache" "pip==$pip" 2>/dev/null
    cat > "$bootstrap" <<PY
import runpy, sys
sys.path.insert(0, "$cache/pip-$pip-py3-none-any.whl")
options = [word for word in sys.argv[1:] if not word.startswith("--no-")]
sys.argv = ["pip", "install", *options, "pip==$pip"]
runpy.run_module("pip", run_name="__main__")
PY
fi
# Outside of the git checkout: ansible-test would take git's list of files, in which the copy is ignored.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$venv/bin/ansible-galaxy" collection build --force --output-path "$work" . > /dev/null
"$venv/bin/ansible-galaxy" collection install --force --offline --collections-path "$work" "$work"/encrypt-httpd-*.tar.gz > /dev/null 2>&1
cd "$work/ansible_collections/encrypt/httpd"
# A plain PATH: version managers put commands for Pythons there that are not installed.
export HOME=$home PATH=$venv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
ansible-test sanity --local --color no "${@:2}"
