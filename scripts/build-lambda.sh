#!/usr/bin/env bash
# Builds what the stacks deploy (release, arm64) and prints the sizes of the zips: a binary an area, which is the function
# that TENON_FUNCTION names, and one for each function that has to start fast.
#
#   scripts/build-lambda.sh                    all of them
#   scripts/build-lambda.sh --quick            without link-time optimisation: minutes instead of most of an hour, and
#                                              zips a fifth larger (docs/PERFORMANCE.md)
#   scripts/build-lambda.sh --bin healthz      one; arguments go to cargo lambda build
#   scripts/build-lambda.sh --list             says what they are, and builds nothing
#
# `sam build` finds a quick build done only with CARGO_PROFILE_RELEASE_LTO=off in its environment too.
# Needs scripts/setup-tools.sh lambda, which it runs itself when the tools are missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

deployed=(
  # Binaries: generated from functions/catalog
  --bin area-admin
  --bin area-aiflow
  --bin area-app-store
  --bin area-approvals
  --bin area-barcode
  --bin area-checks
  --bin area-console
  --bin area-data-sync
  --bin area-integrations
  --bin area-manufacturing
  --bin area-master-data
  --bin area-openapi
  --bin area-people
  --bin area-processes
  --bin area-web
  --bin area-webhooks
  --bin callback-blacklake
  --bin callback-dingtalk
  --bin callback-weaver
  --bin callback-wecom
  --bin domain-file
  --bin healthz
  --bin openapi-docs
  # end of what is generated
)
if [[ ${1:-} == --list ]]; then
  printf '%s\n' "${deployed[@]}" | grep -v '^--bin$'
  exit
fi

scripts/setup-tools.sh lambda
tools="${TENON_TOOLS:-$HOME/.cache/tenon-tools}"
export PATH="$tools/lambda/bin:$PATH"
if [[ ${1:-} == --quick ]]; then
  export CARGO_PROFILE_RELEASE_LTO=off
  shift
fi
if [[ $# -eq 0 ]]; then
  set -- "${deployed[@]}"
fi
cargo lambda build --release --arm64 --output-format zip "$@"

target="${CARGO_TARGET_DIR:-target}"
echo
echo "zip size, bytes   binary"
for zip in "$target"/lambda/*/bootstrap.zip; do
  printf '%15d   %s\n' "$(stat -c %s "$zip")" "$(basename "$(dirname "$zip")")"
done
