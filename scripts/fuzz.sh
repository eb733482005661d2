#!/usr/bin/env bash
# Fuzzes every parser and verifier that takes bytes from outside, each for a number of seconds.
#
#   scripts/fuzz.sh [SECONDS]          # 60 by default
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
seconds="${1:-60}"
if ! cargo fuzz --version >/dev/null 2>&1; then
  cargo install --quiet --locked cargo-fuzz
fi
# The sanitizer flags are unstable; this lets the stable compiler take them.
export RUSTC_BOOTSTRAP=1
target="${CARGO_TARGET_DIR:-$PWD/target}/fuzz"
log="$(mktemp)"
trap 'rm -f "$log"' EXIT
for name in $(cargo fuzz list); do
  if ! cargo fuzz run "$name" --target-dir "$target" -- -max_total_time="$seconds" -print_final_stats=1 \
    >"$log" 2>&1; then
    tail -n 60 "$log" >&2
    echo "fuzz: $name found an input that breaks it" >&2
    exit 1
  fi
  echo "fuzz: $name, $seconds s, $(awk '/number_of_executed_units/ { print $2 }' "$log") inputs, no crash"
done
