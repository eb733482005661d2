#!/usr/bin/env bash
# Builds every function for AWS from nothing, with the release profile and without link-time optimisation, and says how
# long each took and how large the zips are (docs/PERFORMANCE.md, "Builds of the functions"). Wants a machine that does
# nothing else, and about an hour on two cores.
#
#   scripts/measure-builds.sh            both
#   scripts/measure-builds.sh --quick    only without link-time optimisation: some minutes
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
scripts/setup-tools.sh lambda

scratch="${CARGO_TARGET_DIR:-$PWD/target}/measured-builds"
functions="$(find functions/binaries/src/bin -name '*.rs' | wc -l)"
TIMEFORMAT='%R %U %S'

# measure WORDS [ARGUMENTS of build-lambda.sh]
measure() {
  local words="$1" spent
  shift
  rm -rf "$scratch"
  mkdir -p "$scratch"
  spent="$({ time CARGO_TARGET_DIR="$scratch" CARGO_INCREMENTAL=0 \
    scripts/build-lambda.sh "$@" >"$scratch.log" 2>&1; } 2>&1)" || {
    tail -n 20 "$scratch.log" >&2
    return 1
  }
  awk -v words="$words" -v functions="$functions" -v cores="$(nproc)" '{
    printf "%s: %d functions in %.1f min on %d cores, %.1f min of processor time, %.2f a function\n",
      words, functions, $1 / 60, cores, ($2 + $3) / 60, ($2 + $3) / 60 / functions
  }' <<<"$spent"
  awk '/bytes   binary/ { listed = 1; next } listed { print $1, $2 }' "$scratch.log" | sort -rn | awk '
    NR == 1 { printf "  largest zip %.2f MB (%s)\n", $1 / 1e6, $2 }
    $1 > 4e6 { over++ }
    $2 == "callback-dingtalk" || $2 == "healthz" { printf "  %s %.2f MB\n", $2, $1 / 1e6 }
    END { printf "  over 4 MB: %d of %d\n", over, NR }'
}

measure "without link-time optimisation" --quick
if [[ ${1:-} != --quick ]]; then
  measure "release profile"
fi
rm -rf "$scratch"
