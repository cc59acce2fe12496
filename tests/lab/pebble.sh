#!/usr/bin/env bash
# Unpack the binaries of a Debian release's pebble package into a directory. Usage: pebble.sh DIRECTORY [RELEASE]
# Without a release it is forky's, the newest; bookworm's (2.4) is the old one that the tests run against, too.
set -euo pipefail
mkdir -p "$1"
target=$(cd "$1" && pwd)
[ ! -x "$target/pebble" ] || exit 0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$(dirname "$0")/debs.sh" "$work" "${2:-forky}" pebble
cp "$work/usr/bin/pebble" "$work/usr/bin/pebble-challtestsrv" "$target/"
