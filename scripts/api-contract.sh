#!/usr/bin/env bash
# Property testing of docs/openapi/openapi.json against the running server: no 500, no status that is not in
# the document, no answer that breaks its schema. About three minutes.
#
#   scripts/api-contract.sh [EXAMPLES]     examples of each operation, 25 unless said otherwise
#
# Starts `tenon up` on temporary data with its own tenants and apps. schemathesis is installed into
# $TENON_TOOLS, outside the checkout.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
tools="${TENON_TOOLS:-$HOME/.cache/tenon-tools}"

scripts/setup-tools.sh schemathesis
cargo build --locked --package tenon
target="$(cargo metadata --format-version 1 --no-deps | python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')"
exec python3 infra/openapi/contract/run.py "$target/debug/tenon" "$tools/schemathesis/bin/schemathesis" "${1:-25}"
