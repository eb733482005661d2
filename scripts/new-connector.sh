#!/usr/bin/env bash
# Lays down the files of a connector and enters it where connectors are listed, then prints what is to be
# filled in (docs/ADDING-A-CONNECTOR.md):
#
#   scripts/new-connector.sh weaver            a plain client
#   scripts/new-connector.sh wecom WeCom --oa  an OA, with its name in types
#   scripts/new-connector.sh --check           only says whether every place to enter one is found
set -euo pipefail
cd "$(dirname "$0")/.."
exec python3 scripts/new-connector/lay_down.py "$@"
