#!/usr/bin/env bash
# Fuzzes every parser and verifier that takes bytes from outside, two at a time, each for a number of seconds
# beginning with its inputs in fuzz/corpus. New inputs are kept in the build directory.
#
#   scripts/fuzz.sh [SECONDS [TARGET...]]     # 60 by default, and all of them
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
seconds="${1:-60}"
shift || true
if ! cargo fuzz --version >/dev/null 2>&1; then
  cargo install --quiet --locked cargo-fuzz
fi
# The flags of fuzzing are unstable; this lets the stable compiler take them. No sanitizer: Tenon has no unsafe
# code, and without one the build is half as long.
export RUSTC_BOOTSTRAP=1
target="${CARGO_TARGET_DIR:-$PWD/target}/fuzz"
cargo fuzz build --sanitizer none --target-dir "$target" 2>&1 | { grep -E '^(error|warning: unused)|Finished' || true; }
built="$target/$(rustc -vV | awk '/^host/ { print $2 }')/release"
names=("$@")
[[ ${#names[@]} -gt 0 ]] || mapfile -t names < <(cargo fuzz list)

fuzz() {
  local name="$1" log="$target/$1.log"
  mkdir -p "$target/corpus/$name" "$target/artifacts/$name"
  if ! "$built/$name" -max_total_time="$seconds" -print_final_stats=1 -artifact_prefix="$target/artifacts/$name/" \
    "$target/corpus/$name" "fuzz/corpus/$name" >"$log" 2>&1; then
    tail -n 60 "$log" >&2
    echo "fuzz: $name found an input that breaks it, kept in $target/artifacts/$name" >&2
    return 1
  fi
  echo "fuzz: $name, $seconds s, $(awk '/number_of_executed_units/ { print $2 }' "$log") inputs, no crash"
}
export -f fuzz
export seconds target built
printf '%s\n' "${names[@]}" | xargs -P 2 -I{} bash -euo pipefail -c 'fuzz {}'
