#!/usr/bin/env bash
# Mutation tests of what guards: changes each function in turn, runs the tests of its crate, and tells which change no
# test noticed. Slow, so not in CI; docs/SECURITY.md lists the misses with their reasons.
#
#   scripts/mutants.sh                    every part
#   scripts/mutants.sh crypto address     some of them: crypto signatures gateway leases address idempotency keys
#
# Installs cargo-mutants (pinned) into TENON_TOOLS when it is not there. Works on a copy of the last commit, one job at
# a time and at the lowest priority. TENON_MUTANTS_OUT says where the reports go. MINIMUM (85) per cent of each part's
# viable mutants have to be caught. TENON_MUTANTS_SHARD=0/4 tries every fourth of them, TENON_MUTANTS_TIMEOUT=20 gives each
# so many seconds.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

version=27.1.0
tools="${TENON_TOOLS:-$HOME/.cache/tenon-tools}"
out="${TENON_MUTANTS_OUT:-$tools/mutants-out}"
minimum="${MINIMUM:-85}"

# The files of a part, and the packages whose tests hold them.
files_of() {
  case "$1" in
    crypto) echo "shared/crypto/src/secrets.rs shared/crypto/src/mac.rs shared/crypto/src/digest.rs shared/crypto/src/block.rs shared/crypto/src/envelope/codec.rs" ;;
    signatures) echo "shared/crypto/src/openapi/*.rs shared/crypto/src/webhook/*.rs shared/crypto/src/aiflow.rs shared/crypto/src/blacklake.rs shared/crypto/src/weaver.rs" ;;
    gateway) echo "shared/tenants/src/gateway/*.rs" ;;
    leases) echo "shared/platform/src/lease.rs" ;;
    address) echo "shared/platform/src/outgoing/address.rs shared/platform/src/outgoing/allowances.rs shared/platform/src/outgoing/target.rs" ;;
    idempotency) echo "shared/platform/src/events.rs shared/platform/src/idempotency.rs shared/platform/src/idempotency/*.rs" ;;
    keys) echo "shared/platform/src/keys/*.rs shared/platform/src/authenticated.rs" ;;
    *) echo "mutants: there is no part '$1'" >&2; exit 2 ;;
  esac
}
tests_of() {
  case "$1" in
    crypto | signatures) echo tenon-crypto ;;
    gateway) echo tenon-tenants ;;
    address) echo tenon-platform ;;
    leases) echo "tenon-platform tenon-engine tenon-connectors" ;;
    idempotency) echo "tenon-platform tenon-callbacks tenon-engine tenon-admin tenon-app-store" ;;
    keys) echo "tenon-platform tenon-tests" ;;
  esac
}

parts=("$@")
[[ ${#parts[@]} -gt 0 ]] || parts=(crypto signatures gateway leases address idempotency keys)
for part in "${parts[@]}"; do files_of "$part" >/dev/null; done

if ! "$tools/mutants/bin/cargo-mutants" mutants --version 2>/dev/null | grep -qF "$version"; then
  cargo install --locked cargo-mutants --version "$version" --root "$tools/mutants"
fi

copy="$(mktemp -d)"
trap 'rm -rf "$copy"' EXIT
git clone --quiet --no-hardlinks . "$copy/tree"
export CARGO_TARGET_DIR="${TENON_MUTANTS_TARGET:-$tools/mutants-target}" CARGO_INCREMENTAL=1
failed=0
for part in "${parts[@]}"; do
  arguments=(--workspace --in-place --dir "$copy/tree" --output "$out/$part" --no-shuffle --colors never --minimum-test-timeout 60)
  for file in $(files_of "$part"); do
    [[ ! -e "$copy/tree/$file" && $file != *\** ]] || arguments+=(--file "$file")
  done
  for package in $(tests_of "$part"); do
    arguments+=(--test-package "$package")
  done
  [[ -z "${TENON_MUTANTS_SHARD:-}" ]] || arguments+=(--shard "$TENON_MUTANTS_SHARD")
  [[ -z "${TENON_MUTANTS_TIMEOUT:-}" ]] || arguments+=(--timeout "$TENON_MUTANTS_TIMEOUT")
  echo "== $part: ${arguments[*]}"
  mkdir -p "$out/$part"
  # cargo-mutants ends with 2 when mutants were missed: the share decides.
  nice -n 19 "$tools/mutants/bin/cargo-mutants" mutants "${arguments[@]}" || [[ $? -eq 2 || $? -eq 3 ]]
  python3 - "$out/$part/mutants.out" "$minimum" "$part" <<'PY' || failed=1
import os, sys
folder, minimum, part = sys.argv[1], float(sys.argv[2]), sys.argv[3]
def count(name):
    path = os.path.join(folder, name)
    return sum(1 for line in open(path, encoding="utf-8") if line.strip()) if os.path.exists(path) else 0
caught, missed, late = count("caught.txt"), count("missed.txt"), count("timeout.txt")
viable = caught + missed + late
share = 100 * (caught + late) / viable if viable else 0
print(f"-- {part}: {caught + late} of {viable} viable mutants caught, {share:.1f} % ({late} by running too long)")
sys.exit(0 if share >= minimum else 1)
PY
done
exit "$failed"
