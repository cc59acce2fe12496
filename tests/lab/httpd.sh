#!/usr/bin/env bash
# Unpack Debian's httpd, with the modules that the corpus needs, into a directory. Usage: httpd.sh DIRECTORY
set -euo pipefail
mkdir -p "$1"
target=$(cd "$1" && pwd)
[ ! -e "$target/complete" ] || exit 0
"$(dirname "$0")/debs.sh" "$target" bookworm apache2 apache2-bin apache2-data libapr1 libaprutil1 libapache2-mod-wsgi-py3 libpython3.11
touch "$target/complete"
