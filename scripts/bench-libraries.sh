#!/usr/bin/env bash
# Rows of the table: what a check costs here and in the libraries others use, measured one after another on
# this machine; of each the fastest batch, which others on the machine disturbed least. Needs the samples of
# `cargo bench -p tenon-crypto --bench envelope`, and a built `tenon`.
#
#   scripts/bench-libraries.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
target="${CARGO_TARGET_DIR:-target}"
tenon="${TENON_BIN:-$target/release/tenon}"
where="$(scripts/setup-libraries.sh)"
eval "$where"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT

# The event that is opened, sealed as DingTalk does.
python3 - "$tenon" >"$work/sealed.json" <<'PY'
import json, subprocess, sys
begin = '{"EventType":"bpms_instance_change","title":"采购申请"'
event = {
    "token": "mes2dingToken01", "encodingAesKey": "oiig7mNqT4h4KLAsxBZtoTHoiCgfSPtRv2vZUx99x8j",
    "owner": "dingq8x2m4n6b1v3c5z7", "timestamp": "1717171717000", "nonce": "xTuuDtLy",
    "plaintext": begin + "x" * (1024 - len(begin.encode()) - 1) + "}",
}
sealed = subprocess.run(
    [sys.argv[1], "callback", "seal", "--vendor", "dingtalk"],
    input=json.dumps(event) + "\n", capture_output=True, text=True, check=True,
)
print(json.dumps(event | json.loads(sealed.stdout)))
PY
NODE_PATH="$LIBRARIES_MODULES" "$LIBRARIES_NODE" infra/bench/libraries/bench.js <"$work/sealed.json" >"$work/times"
"$LIBRARIES_PYTHON" infra/bench/libraries/bench.py <"$work/sealed.json" >>"$work/times"

python3 - "$work/times" "$target/criterion" <<'PY'
import json, pathlib, sys
times = {}
for line in open(sys.argv[1]):
    name, size, micros = line.split("\t")
    times[name, int(size)] = float(micros)

def own(directory):
    sample = json.loads(pathlib.Path(sys.argv[2], directory, "new", "sample.json").read_text())
    return min(time / iterations for time, iterations in zip(sample["times"], sample["iters"])) / 1000

def row(what, mine, others):
    told = [f"{label} {times[key]:.1f} µs (**{times[key] / mine:.1f} times** ours)" for label, key in others]
    print(f"| {what} | {mine:.1f} µs; {'; '.join(told)} | - | - |")

sizes = {1024: "1 KB", 20480: "20 KB"}
for size, name in sizes.items():
    row(f"signed call, scheme 1, verify, {name}", own(f"openapi scheme 1 verify/{size}"),
        [("Node's own HMAC", ("scheme1 node", size)), ("Python's own HMAC", ("scheme1 python", size))])
for size, name in sizes.items():
    row(f"Standard Webhooks, verify, {name}", own(f"standard webhooks verify/{size}"),
        [("npm `standardwebhooks`", ("standard npm", size)), ("PyPI `standardwebhooks`", ("standard PyPI", size))])
row("DingTalk verify, decrypt, sealed reply, 1 KB event", own("dingtalk/open 1 KB and seal success"),
    [("npm `dingtalk-encrypt`", ("dingtalk npm", 1024)), ("PyPI `wechatpy`", ("dingtalk PyPI", 1024))])
PY
