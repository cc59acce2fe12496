#!/usr/bin/env bash
# Run make targets one after the other, all of them even when one fails, and close with a plain count:
# each unit test, each sanity test, each molecule step and each other target counts one.
set -uo pipefail
cd "$(dirname "$0")/.." || exit
passed=0 failed=0 broken=()
count() { grep -oE "$1" "$log" | grep -oE '[0-9]+' | tail -1 || true; }
log=$(mktemp)
trap 'rm -f "$log"' EXIT
trap 'exit 130' INT TERM  # not on to the next one
for target in "$@"; do
    echo "== make $target"
    start=$SECONDS
    if make --no-print-directory "$target" 2>&1 | tee "$log"; then ok=1; else ok=0 broken+=("$target"); fi
    echo "== make $target: $([ $ok = 1 ] && echo passed || echo FAILED) after $((SECONDS - start)) s"
    case $target in
        unit*) good=$(count '[0-9]+ passed') bad=$(count '[0-9]+ failed') ;;
        sanity) good=$(grep -c '^Running sanity test' "$log") bad=$((1 - ok)) ;;
        molecule) good=$(grep -oE 'successful=[0-9]+' "$log" | awk -F= '{sum += $2} END {print sum + 0}') bad=$((1 - ok)) ;;
        *) good=$ok bad=$((1 - ok)) ;;
    esac
    [ "$ok" = 1 ] || [ "${bad:-0}" != 0 ] || bad=1
    passed=$((passed + ${good:-0})) failed=$((failed + ${bad:-0}))
done
[ ${#broken[@]} = 0 ] || echo "failed: ${broken[*]}"
echo "$passed passed, $failed failed"
[ ${#broken[@]} = 0 ]
