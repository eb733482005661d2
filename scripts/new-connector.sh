#!/usr/bin/env bash
# Lays down the files of a connector and enters it where connectors are listed, then prints what is to be
# filled in (docs/ADDING-A-CONNECTOR.md):
#
#   scripts/new-connector.sh acme              a plain client
#   scripts/new-connector.sh acme Acme --oa    an OA, with its name in types
#   scripts/new-connector.sh --check           only says whether every place to enter one is found
#   scripts/new-connector.sh --try             lays down both in a copy of the tree, lints them and runs their suites
set -euo pipefail
cd "$(dirname "$0")/.."

# In one place below the build directory, so that the next time only what changed is built again; and built into a
# directory of its own, since cargo takes a copy's packages for those of this tree.
try() {
  local base="${CARGO_TARGET_DIR:-$PWD/target}/new-connector"
  local copy="$base/tree"
  export CARGO_TARGET_DIR="$base/target"
  rm -rf "$copy"
  mkdir -p "$copy"
  git ls-files -z --cached --others --exclude-standard | xargs -0 cp --preserve=timestamps --parents -t "$copy"
  cd "$copy"
  python3 scripts/new-connector/lay_down.py tryoa TryOa --oa >/dev/null
  python3 scripts/new-connector/lay_down.py tryplain TryPlain >/dev/null
  cargo fmt --all
  python3 scripts/new-connector/lay_down.py --check
  cargo clippy --locked -q -p tenon-model -p tenon-connectors -p tenon-sandbox -p tenon --all-targets -- -D warnings
  cargo test --locked -q -p tenon-connectors --test it -- tryoa tryplain
}

if [[ ${1:-} == --try ]]; then
  try
  exit
fi
exec python3 scripts/new-connector/lay_down.py "$@"
