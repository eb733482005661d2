#!/usr/bin/env bash
# Builds every function for AWS (release, arm64) and prints the sizes of the zips.
#
#   scripts/build-lambda.sh                    all functions
#   scripts/build-lambda.sh --quick            without link-time optimisation: minutes instead of most of an hour, and
#                                              zips a fifth larger (docs/PERFORMANCE.md)
#   scripts/build-lambda.sh --bin healthz      one; arguments go to cargo lambda build
#
# `sam build` finds a quick build done only with CARGO_PROFILE_RELEASE_LTO=off in its environment too.
# Needs scripts/setup-tools.sh lambda, which it runs itself when the tools are missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
scripts/setup-tools.sh lambda
tools="${TENON_TOOLS:-$HOME/.cache/tenon-tools}"
export PATH="$tools/lambda/bin:$PATH"

if [[ ${1:-} == --quick ]]; then
  export CARGO_PROFILE_RELEASE_LTO=off
  shift
fi
if [[ $# -eq 0 ]]; then
  # The package of the functions; the rest of the workspace is not for AWS.
  set -- --package tenon-functions
fi
cargo lambda build --release --arm64 --output-format zip "$@"

target="${CARGO_TARGET_DIR:-target}"
echo
echo "zip size, bytes   function"
for zip in "$target"/lambda/*/bootstrap.zip; do
  printf '%15d   %s\n' "$(stat -c %s "$zip")" "$(basename "$(dirname "$zip")")"
done
