#!/usr/bin/env bash
# Property testing of docs/openapi/openapi.json against the running server: no 500, no status that is not in
# the document, no answer that breaks its schema. About three minutes.
#
#   scripts/api-contract.sh [EXAMPLES]     examples of each operation, 25 unless said otherwise; builds tenon
#   TENON_BIN=target/release/tenon scripts/api-contract.sh
#
# Starts `tenon up` on temporary data with its own tenants and apps. schemathesis is installed into
# $TENON_TOOLS, outside the checkout.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
tools="${TENON_TOOLS:-$HOME/.cache/tenon-tools}"

scripts/setup-tools.sh schemathesis
if [[ -z ${TENON_BIN:-} ]]; then
  cargo build --locked -p tenon --bin tenon
  TENON_BIN="${CARGO_TARGET_DIR:-target}/debug/tenon"
fi
exec python3 infra/openapi/contract/run.py "$TENON_BIN" "$tools/schemathesis/bin/schemathesis" "${1:-25}"
