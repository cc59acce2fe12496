#!/usr/bin/env bash
# Unpack packages of a Debian release into a directory; nothing is installed. Usage: debs.sh DIRECTORY RELEASE PACKAGE...
# The mirror is the one that this machine's apt uses.
set -euo pipefail
target=$1 release=$2
shift 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
mkdir -p "$work/lists/partial"
touch "$work/status"
# shellcheck disable=SC2016  # apt expands it
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -E '/debian/?$' | head -1)
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $release main" > "$work/sources.list"
apt=(apt-get -qq -o "Dir::Etc::SourceList=$work/sources.list" -o Dir::Etc::SourceParts=/dev/null
    -o "Dir::State::Lists=$work/lists" -o "Dir::State::status=$work/status" -o Acquire::Check-Valid-Until=false)
cd "$work"
"${apt[@]}" update
"${apt[@]}" -o APT::Sandbox::User=root download "$@"
mkdir -p "$target"
for package in *.deb; do
    dpkg -x "$package" "$target"
    echo "unpacked $package"
done
