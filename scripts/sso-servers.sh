#!/usr/bin/env bash
# Single sign-on against login servers that we did not write: npm's oidc-provider and PyPI's Authlib, pinned, each started
# on loopback beside a `tenon up` of its own.
#
#   scripts/sso-servers.sh                  builds tenon, then checks
#   TENON_BIN=target/release/tenon scripts/sso-servers.sh
#
# TENON_TOOLS says where they are installed (default ~/.cache/tenon-tools).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
if [[ -z ${TENON_BIN:-} ]]; then
  cargo build --locked -p tenon --bin tenon
  TENON_BIN="${CARGO_TARGET_DIR:-target}/debug/tenon"
fi
tools="${TENON_TOOLS:-$HOME/.cache/tenon-tools}"
eval "$(scripts/setup-libraries.sh)"
scripts/setup-tools.sh sso >&2
home="$tools/sso"
lock="infra/sso-servers/package-lock.json"
if ! cmp -s "$lock" "$home/npm/installed.json"; then
  rm -rf "$home/npm"
  mkdir -p "$home/npm"
  cp infra/sso-servers/package.json "$lock" "$home/npm/"
  PATH="$(dirname "$LIBRARIES_NODE"):$PATH" npm ci --prefix "$home/npm" --ignore-scripts --no-audit --no-fund --loglevel=error >&2
  cp "$lock" "$home/npm/installed.json"
fi
# Modules are found from where a script lies.
cp infra/sso-servers/oidc.js infra/sso-servers/authlib_server.py infra/sso-servers/verify.py "$home/npm/"
"$home/bin/python" "$home/npm/verify.py" "$(realpath "$TENON_BIN")" "$LIBRARIES_NODE"
