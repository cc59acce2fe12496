#!/usr/bin/env bash
# Unpack the binaries of a Debian release's pebble package into a directory. Usage: pebble.sh DIRECTORY [RELEASE]
# Without a release it is forky's, the newest; bookworm's (2.4) is the old one that the tests run against, too.
# The mirror is the one that this machine's apt uses.
set -euo pipefail
mkdir -p "$1"
target=$(cd "$1" && pwd)
[ ! -x "$target/pebble" ] || exit 0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
mkdir -p "$work/lists/partial"
touch "$work/status"
# shellcheck disable=SC2016  # apt expands it
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -E '/debian/?$' | head -1)
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror ${2:-forky} main" > "$work/sources.list"
apt=(apt-get -qq -o "Dir::Etc::SourceList=$work/sources.list" -o Dir::Etc::SourceParts=/dev/null
    -o "Dir::State::Lists=$work/lists" -o "Dir::State::status=$work/status" -o Acquire::Check-Valid-Until=false)
cd "$work"
"${apt[@]}" update
"${apt[@]}" -o APT::Sandbox::User=root download pebble
dpkg -x pebble_*.deb unpacked
cp unpacked/usr/bin/pebble unpacked/usr/bin/pebble-challtestsrv "$target/"
echo "pebble: unpacked $(ls pebble_*.deb)"
