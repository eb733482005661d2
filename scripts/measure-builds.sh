#!/usr/bin/env bash
# Builds everything that is deployed for AWS from nothing, with the release profile and without link-time optimisation, and
# says how long each took and how large the zips are (docs/PERFORMANCE.md, "Builds of the functions"). Wants a machine that
# does nothing else, and about an hour on two cores.
#
#   scripts/measure-builds.sh            both
#   scripts/measure-builds.sh --quick    only without link-time optimisation: some minutes
#   scripts/measure-builds.sh --starts   how long a few of them take to start, built for this machine without link-time
#                                        optimisation: some minutes; nothing else is built
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

scratch="${CARGO_TARGET_DIR:-$PWD/target}/measured-builds"
binaries="$(scripts/build-lambda.sh --list | wc -l)"
# A function has a binary of its own only for `cargo lambda watch`; what is deployed holds all of them.
functions="$(find functions/binaries/src/bin -name '*.rs' | wc -l)"
TIMEFORMAT='%R %U %S'
mode="${1:-}"
case "$mode" in "" | --quick | --starts) ;; *) echo "usage: scripts/measure-builds.sh [--quick | --starts]" >&2; exit 2 ;; esac

# timed COMMAND...: `real user system` seconds on standard output, what it says in the log.
timed() {
  rm -rf "$scratch"
  mkdir -p "$scratch"
  { time CARGO_TARGET_DIR="$scratch" CARGO_INCREMENTAL=0 "$@" >"$scratch.log" 2>&1; } 2>&1 || {
    tail -n 20 "$scratch.log" >&2
    return 1
  }
}

# measure WORDS [ARGUMENTS of build-lambda.sh]
measure() {
  local words="$1" spent
  shift
  spent="$(timed scripts/build-lambda.sh "$@")"
  awk -v words="$words" -v binaries="$binaries" -v functions="$functions" -v cores="$(nproc)" '{
    printf "%s: %d binaries, which are %d functions, in %.1f min on %d cores, %.1f min of processor time, %.2f a binary\n",
      words, binaries, functions, $1 / 60, cores, ($2 + $3) / 60, ($2 + $3) / 60 / binaries
  }' <<<"$spent"
  awk '/bytes   binary/ { listed = 1; next } listed { print $1, $2 }' "$scratch.log" | sort -rn | awk -v binaries="$binaries" '
    { size[NR] = $1 / 1e6; name[NR] = $2 }
    $1 > 4e6 { over = over (over ? ", " : "") $2; many++ }
    $2 == "callback-dingtalk" || $2 == "healthz" { own = own sprintf("  %s %.2f MB\n", $2, $1 / 1e6) }
    END {
      if (NR != binaries) printf "measure-builds: %d zips where %d binaries are deployed\n", NR, binaries >"/dev/stderr"
      printf "  largest zips:"
      for (i = 1; i <= 5 && i <= NR; i++) printf "%s %s %.2f MB", (i > 1 ? "," : ""), name[i], size[i]
      printf "\n%s  over 4 MB: %d of %d%s\n", own, many, NR, (many ? ": " over : "")
    }'
}

if [[ $mode == --starts ]]; then
  # One without a table, a callback, and the two areas that do most of the work.
  spent="$(CARGO_PROFILE_RELEASE_LTO=off timed cargo build --release -p tenon-functions -p tenon-areas \
    --bin healthz --bin callback-dingtalk --bin area-approvals --bin area-webhooks)"
  awk '{ printf "four binaries for this machine in %.1f min\n", $1 / 60 }' <<<"$spent"
  python3 scripts/measure_starts.py "$scratch/release" healthz callback-dingtalk \
    area-approvals=approvals-write-back area-webhooks=webhook-deliver
else
  scripts/setup-tools.sh lambda
  measure "without link-time optimisation" --quick
  if [[ $mode != --quick ]]; then
    measure "release profile"
  fi
fi
rm -rf "$scratch" "$scratch.log"
