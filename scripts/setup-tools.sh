#!/usr/bin/env bash
# Installs the pinned Python tools, each set in a virtual environment of its own outside the checkout.
#
#   scripts/setup-tools.sh              all sets
#   scripts/setup-tools.sh sam lambda   some of them: sam, lambda, ministack, schemathesis
#
# TENON_TOOLS says where to (default ~/.cache/tenon-tools). The other scripts look there.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
tools="${TENON_TOOLS:-$HOME/.cache/tenon-tools}"
sets=("$@")
[[ ${#sets[@]} -gt 0 ]] || sets=(sam lambda ministack)

for set in "${sets[@]}"; do
  list="infra/requirements-$set.txt"
  [[ -f $list ]] || { echo "setup-tools: there is no set '$set' (no $list); sets are sam, lambda, ministack, schemathesis" >&2; exit 2; }
  home="$tools/$set"
  # The installed list is kept beside the tools, so a second run is free and a changed pin is seen.
  if cmp -s "$list" "$home/installed.txt"; then
    echo "$set: up to date in $home"
    continue
  fi
  rm -f "$home/installed.txt"
  mkdir -p "$tools"
  python3 -m venv "$home"
  "$home/bin/pip" install --quiet --disable-pip-version-check --requirement "$list"
  if [[ $set == lambda ]]; then
    rustup target add aarch64-unknown-linux-gnu
  fi
  cp "$list" "$home/installed.txt"
  echo "$set: installed in $home"
done
