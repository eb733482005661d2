#!/usr/bin/env bash
# Measures Tenon and prints one Markdown table: what, measured, target, verdict. Notes go to standard
# error. docs/PERFORMANCE.md says what the numbers mean.
#
#   scripts/bench.sh            everything, about 20 minutes once built
#   scripts/bench.sh --quick    fewer documents, events and shorter loads, about 4 minutes once built
#
# Needs python3 for zips, npm's and PyPI's registries for the libraries that are compared with, and
# taskset to hold the server of a load on one core; a machine with one core, or without taskset, measures
# it on all.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

drafts=1000 seconds=10 starts=20 events=1000 memory=1000,10000,100000 criterion=()
case "${1:-}" in
  --quick) drafts=100 seconds=4 starts=10 events=200 memory=1000,3000 criterion=(--warm-up-time 1 --measurement-time 2) ;;
  "") ;;
  *) echo "usage: scripts/bench.sh [--quick]" >&2; exit 2 ;;
esac

target="${CARGO_TARGET_DIR:-target}"
release="$target/release"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
note() { echo "bench: $*" >&2; }

note "building (release)"
cargo build --release -p tenon-functions -p tenon-bench -p tenon --bin callback-dingtalk --bin healthz --bin tenon-bench --bin tenon >&2

note "micro benchmarks"
cargo bench -p tenon-crypto --bench envelope -- "${criterion[@]}" >&2
cargo bench -p tenon-bench --bench callback -- "${criterion[@]}" >&2

zipped() { # name
  python3 - "$release/$1" "$work/$1.zip" <<'PY'
import sys, zipfile
with zipfile.ZipFile(sys.argv[2], "w", zipfile.ZIP_DEFLATED, compresslevel=9) as z:
    z.write(sys.argv[1], "bootstrap")
PY
}

bench() { "$release/tenon-bench" "$@"; }
estimate() { # directory of the benchmark, what, target
  bench estimate "$target/criterion/$1/new/estimates.json" --what "$2" ${3:+--target "$3"}
}

table() {
  echo "| what | measured | target | verdict |"
  echo "|---|---|---|---|"
  estimate "dingtalk/open 1 KB and seal success" "DingTalk verify, decrypt, sealed reply, 1 KB event" 8
  note "libraries others use"
  TENON_BIN="$release/tenon" scripts/bench-libraries.sh
  estimate "callback/end of an instance" "callback handler, end of an instance, engine in memory"
  estimate "callback/step of an approver" "callback handler, step of an approver, engine in memory"
  estimate "map a draft with 20 lines to its form" "map a draft with 20 lines to its form"

  zipped callback-dingtalk
  zipped healthz
  bench size "$work/callback-dingtalk.zip" --what "\`callback-dingtalk\` zipped (x86-64)" --target 4000000
  bench size "$work/healthz.zip" --what "\`healthz\` zipped (x86-64)" --target 1300000

  local bundle=()
  for file in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt; do
    [[ -f "$file" ]] && bundle=(--ca-bundle "$file") && break
  done
  note "cold starts"
  bench start --bin "$release" --starts "$starts" "${bundle[@]}"

  local server=() load=()
  if command -v taskset >/dev/null && [[ "$(nproc)" -gt 1 ]]; then
    server=(--server-core 0) load=(taskset -c 1)
  fi
  for work_every in 4 1; do
    note "callbacks, one in $work_every brings work"
    "${load[@]}" "$release/tenon-bench" callbacks --tenon "$release/tenon" "${server[@]}" \
      --seconds "$seconds" --work-every "$work_every"
  done

  note "Black Lake: feeding events"
  "${load[@]}" "$release/tenon-bench" blacklake-events --tenon "$release/tenon" "${server[@]}" --seconds "$seconds"
  note "WeCom: an event, and callbacks"
  local where
  where="$(scripts/setup-libraries.sh)"
  eval "$where"
  bench wecom-event --python "$LIBRARIES_PYTHON"
  "${load[@]}" "$release/tenon-bench" callbacks --oa wecom --tenon "$release/tenon" "${server[@]}" --seconds "$seconds"

  note "signed calls"
  "${load[@]}" "$release/tenon-bench" openapi --tenon "$release/tenon" "${server[@]}" --seconds "$seconds"
  note "webhooks"
  "${load[@]}" "$release/tenon-bench" webhooks --tenon "$release/tenon" "${server[@]}" --events "$events" \
    --memory "$memory"

  note "processes"
  bench process
  note "polls"
  bench polls
  note "runs"
  bench runs
  note "approvals of $drafts drafts"
  bench approvals --drafts "$drafts"
  note "approvals of $drafts drafts in WeCom"
  bench approvals --drafts "$drafts" --oa wecom --oa-latency 100
  note "approvals of $drafts drafts in Weaver, and how long its results wait"
  bench approvals --drafts "$drafts" --oa weaver --oa-latency 100
  bench weaver-answer
  bench sign-in
  note "base data of $drafts records"
  bench base-data --records "$drafts"
  note "receipts of $drafts reports of a MES"
  bench receipts --reports "$drafts"
  note "saves of a barcode application"
  bench barcode
  bench aiflow --python "$LIBRARIES_PYTHON" --node "$LIBRARIES_NODE"
  bench oa
  note "a push of a PLM"
  bench plm
  bench mapping
}

note "load of the machine before: $(cut -d' ' -f1-3 /proc/loadavg), $(nproc) cores"
table | tee "$work/table.md" >/dev/null
note "load of the machine after: $(cut -d' ' -f1-3 /proc/loadavg)"
cat "$work/table.md"
