#!/usr/bin/env bash
# The process engine against two that we did not write: npm's bpmn-engine and PyPI's SpiffWorkflow, pinned; its check
# against npm's bpmnlint on the rules that both know. Processes are
# drawn, each is run with eight drawn choices of its gateways and loops, and must do what SpiffWorkflow does.
#
#   scripts/process-engines.sh [PROCESSES]       # 500 by default
#   TENON_BPMN_MIWG=FOLDER scripts/process-engines.sh    # the reference models lie there already
#
# Everything is installed by itself, in TENON_TOOLS (default ~/.cache/tenon-tools), the 21 reference models of the BPMN Model
# Interchange Working Group too (CC BY 3.0, pinned); where these cannot be fetched, their part is passed over and said so.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
tools="${TENON_TOOLS:-$HOME/.cache/tenon-tools}"
# https://github.com/bpmn-miwg/bpmn-miwg-test-suite, of 2025-11-05
commit=bc9f858c
if [[ -z ${TENON_BPMN_MIWG:-} ]]; then
  suite="$tools/bpmn-miwg-$commit"
  if [[ ! -d $suite/Reference ]]; then
    rm -rf "$suite.part"
    if git clone --quiet --filter=blob:none --no-checkout https://github.com/bpmn-miwg/bpmn-miwg-test-suite "$suite.part" 2>/dev/null &&
      git -C "$suite.part" sparse-checkout set Reference && git -C "$suite.part" checkout --quiet "$commit"; then
      mv "$suite.part" "$suite"
    else
      rm -rf "$suite.part"
      echo "process-engines: the reference models could not be fetched; their part is passed over" >&2
    fi
  fi
  [[ ! -d $suite/Reference ]] || export TENON_BPMN_MIWG="$suite/Reference"
fi
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
