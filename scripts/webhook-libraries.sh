#!/usr/bin/env bash
# The Standard Webhooks libraries of npm and PyPI, and the check printed in the tenants' documentation,
# verify real deliveries of `tenon up --allow-loopback`, and refuse them once anything is changed.
#
#   scripts/webhook-libraries.sh               builds tenon, then checks
#   TENON_BIN=target/release/tenon scripts/webhook-libraries.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
if [[ -z ${TENON_BIN:-} ]]; then
  cargo build --locked -p tenon --bin tenon
  TENON_BIN="${CARGO_TARGET_DIR:-target}/debug/tenon"
fi
where="$(scripts/setup-libraries.sh)"
eval "$where"
NODE_PATH="$LIBRARIES_MODULES" "$LIBRARIES_PYTHON" infra/bench/libraries/verify.py "$TENON_BIN" "$LIBRARIES_NODE"
