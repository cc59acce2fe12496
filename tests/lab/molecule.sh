#!/usr/bin/env bash
# Copyright (c) 2026, the encrypt.httpd authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# Run the molecule scenarios on the installed artifact. Usage: molecule.sh [SCENARIO [molecule options]]
# All scenarios if none is named; "molecule.sh enable --destroy=never" keeps the hosts.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
export PATH=$root/.venv/bin:$PATH
export ANSIBLE_COLLECTIONS_PATH=$root/.cache/collections
export MOLECULE_EPHEMERAL_DIRECTORY=$root/.cache/molecule  # inventory and state of molecule itself
export ANSIBLE_HOME=$root/.cache/ansible

if [ ! -x .venv/bin/molecule ] || [ ! -x .venv-sslyze/bin/sslyze ] || [ ! -x .venv-oldest/bin/ansible ] || [ ! -d .cache/collections/ansible_collections/encrypt/httpd ]; then
    make install .venv-sslyze/.made .venv-oldest/.made
fi
python3 tests/lab/lab.py images  # here, since molecule does not show how long steps get on
# The playbook that the README shows: scenario readme runs it word for word.
{ echo ---; awk '/^```yaml/ {inside = 1; next} /^```/ {inside = 0} inside' README.md; } > .cache/readme.yml
rm -rf "$MOLECULE_EPHEMERAL_DIRECTORY"  # a run that was stopped half-way leaves "prepared" in it
# With one state for all scenarios molecule warns of "modified" files when only their times differ.
touch -r extensions/molecule/config.yml extensions/molecule/*/molecule.yml
if [ $# = 0 ]; then
    exec molecule test --all
fi
scenario=$1
shift
exec molecule test --scenario-name "$scenario" "$@"
