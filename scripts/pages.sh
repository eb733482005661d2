#!/usr/bin/env bash
# The pages in a real browser (Debian's chromium, driven by Playwright for Python), on a desk and on a phone, with script and
# without, held against axe.
#
#   scripts/pages.sh                        builds tenon, then looks
#   TENON_BIN=target/release/tenon scripts/pages.sh [FOLDER]     screenshots into the folder
#   scripts/pages.sh FOLDER docs            and the pictures of the README into docs
#
# TENON_TOOLS says where Playwright is installed (default ~/.cache/tenon-tools). Without a chromium it is taken from Debian.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
if [[ -z ${TENON_BIN:-} ]]; then
  cargo build --locked -p tenon --bin tenon
  TENON_BIN="${CARGO_TARGET_DIR:-target}/debug/tenon"
fi
if ! command -v chromium >/dev/null; then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk
fi
tools="${TENON_TOOLS:-$HOME/.cache/tenon-tools}"
scripts/setup-tools.sh pages >&2
"$tools/pages/bin/python" infra/pages/pages.py "$TENON_BIN" "$(command -v chromium)" "$@"
"$tools/pages/bin/python" infra/pages/console.py "$TENON_BIN" "$(command -v chromium)" "$@"
"$tools/pages/bin/python" infra/pages/integrations.py "$TENON_BIN" "$(command -v chromium)" "$@"
