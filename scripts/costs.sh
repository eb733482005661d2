#!/bin/sh
# Computes docs/COSTS.md from what the operations ask of table and queues, and from list prices.
set -eu
cd "$(dirname "$0")/.."
TENON_WRITE_COSTS=1 cargo test -q -p tenon-tests --test it -- budgets::costs
cat docs/COSTS.md
