#!/usr/bin/env bash
# Unpack Debian's knot, and what it needs that this machine lacks, into a directory; nothing is installed, no service starts.
# Usage: knot.sh DIRECTORY
set -euo pipefail
mkdir -p "$1"
target=$(cd "$1" && pwd)
[ ! -x "$target/usr/sbin/knotd" ] || exit 0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
mkdir -p "$work/lists/partial" "$work/archives/partial"
apt=(apt-get -qq -o "Dir::State::Lists=$work/lists" -o "Dir::Cache=$work" -o "Dir::Cache::Archives=$work/archives"
    -o Debug::NoLocking=1 -o APT::Sandbox::User=root -o Acquire::Languages=none)
cd "$work"
"${apt[@]}" update
"${apt[@]}" install --download-only --reinstall --no-install-recommends -y knot
for package in archives/*.deb; do
    dpkg -x "$package" unpacked
done
# Last, since its presence tells that all is there.
[ ! -d unpacked/lib ] || cp -r unpacked/lib "$target/"
mkdir -p "$target/usr"
cp -r unpacked/usr/lib "$target/usr/"
mkdir -p "$target/usr/sbin"
cp unpacked/usr/sbin/knotd "$target/usr/sbin/"
echo "knot: unpacked $(basename archives/knot_*.deb)"
