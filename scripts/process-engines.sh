#!/usr/bin/env bash
# The process engine against two that we did not write: npm's bpmn-engine and PyPI's SpiffWorkflow, pinned; its check
# against npm's bpmnlint on the rules that both know. Processes are
# drawn, each is run with eight drawn choices of its gateways and loops, and must do what SpiffWorkflow does.
#
#   scripts/process-engines.sh [PROCESSES]       # 500 by default
#   TENON_BPMN_MIWG=FOLDER scripts/process-engines.sh    # also counts the reference models' elements with lxml
#
# TENON_TOOLS says where they are installed (default ~/.cache/tenon-tools).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
tools="${TENON_TOOLS:-$HOME/.cache/tenon-tools}"
models="$(mktemp -d)"
trap 'rm -rf "$models"' EXIT
TENON_PROCESS_MODELS="$models" TENON_PROCESS_COUNT="${1:-500}" \
  cargo test --locked -q -p tenon-process --test it -- are_written reference >&2
eval "$(scripts/setup-libraries.sh)"
scripts/setup-tools.sh process >&2
home="$tools/process"
lock="infra/process-engines/package-lock.json"
if ! cmp -s "$lock" "$home/npm/installed.json"; then
  rm -rf "$home/npm"
  mkdir -p "$home/npm"
  cp infra/process-engines/package.json "$lock" "$home/npm/"
  PATH="$(dirname "$LIBRARIES_NODE"):$PATH" npm ci --prefix "$home/npm" --ignore-scripts --no-audit --no-fund --loglevel=error >&2
  cp "$lock" "$home/npm/installed.json"
fi
# Modules are found from where a script lies.
cp infra/process-engines/engines.js infra/process-engines/lint.js "$home/npm/"
"$LIBRARIES_NODE" "$home/npm/lint.js" "$models"
"$home/bin/python" infra/process-engines/engines.py "$models" "$LIBRARIES_NODE" "$home/npm/engines.js" ${TENON_BPMN_MIWG:+"$TENON_BPMN_MIWG"}
