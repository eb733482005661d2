#!/usr/bin/env bash
# Tenon beside Node-RED and n8n: the same flow of approvals, the same stand-in for the vendors, runs in turn; Tenon's webhooks;
# and every server killed with `kill -9` at instants spread over a run. Prints the tables of docs/PERFORMANCE.md.
#
#   scripts/bench-peers.sh                     all of it, a good hour
#   scripts/bench-peers.sh --quick             small numbers, under three minutes once installed; proves nothing but that it runs
#   scripts/bench-peers.sh --only drafts,kills --peers tenon,node-red     parts of it: drafts, latency, kills, webhooks, webhook-kills
#   scripts/bench-peers.sh --add …             beside what was measured before, so that the parts can be run one by one
#   scripts/bench-peers.sh --write …           puts the tables into docs/PERFORMANCE.md, too
#   scripts/bench-peers.sh --install           only installs the peers
#   scripts/bench-peers.sh --help              the other options
#
# Installs the peers from npm at pinned versions, once, below TENON_TOOLS (default ~/.cache/tenon-tools; 2 GB with n8n). TENON
# names our program; a release build by default. All that is started listens on loopback and ends with this. Wants Linux, Node 20
# or later, a C++ compiler for n8n's SQLite, and for the numbers to mean something a machine that does nothing else.
set -euo pipefail
[[ -z ${TENON:-} ]] || TENON="$(realpath "$TENON")"
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export PEERS_HOME="${TENON_TOOLS:-$HOME/.cache/tenon-tools}/peers"
export NODE_RED_VERSION=4.1.15 N8N_VERSION=1.123.81
note() { echo "bench-peers: $*" >&2; }

command -v node >/dev/null && command -v npm >/dev/null || { note "needs Node and npm"; exit 2; }
names="$(node scripts/bench-peers/run.js --names "$@")" || exit "$?"
[[ $names != --help* ]] || { printf '%s\n' "${names#--help}"; exit 0; }

# install NAME VERSION PACKAGE.JSON [PACKAGE TO BUILD]
install() {
  local name="$1" version="$2" manifest="$3" native="${4:-}" home="$PEERS_HOME/$1"
  # The list is kept beside what it installed, so that a second run is free and a changed pin is seen.
  if [[ -f $home/installed.json ]] && cmp -s <(printf '%s\n' "$manifest") "$home/installed.json"; then
    return
  fi
  note "installing $name $version; this takes a while"
  rm -rf "$home"
  mkdir -p "$home"
  printf '%s\n' "$manifest" >"$home/package.json"
  # No package runs scripts of its own but the one that is built for this machine.
  npm install --prefix "$home" --ignore-scripts --no-audit --no-fund --no-package-lock --prefer-online --loglevel=error >&2
  if [[ -n $native ]]; then
    local headers
    headers="$(dirname "$(dirname "$(readlink -f "$(command -v node)")")")"
    [[ ! -f $headers/include/node/node.h ]] || export npm_config_nodedir="$headers"
    npm rebuild --prefix "$home" --build-from-source --foreground-scripts --loglevel=error "$native" >"$home/build.log" 2>&1 || {
      tail -n 20 "$home/build.log" >&2
      note "$native could not be built for $name: see $home/build.log"
      exit 1
    }
  fi
  printf '%s\n' "$manifest" >"$home/installed.json"
}

for name in $names; do
  case "$name" in
    node-red)
      install node-red "$NODE_RED_VERSION" \
        "{ \"name\": \"peer\", \"private\": true, \"dependencies\": { \"node-red\": \"$NODE_RED_VERSION\" } }"
      ;;
    n8n)
      # On Node 20: the spreadsheet library that npm still has, and SQLite built for this machine.
      install n8n "$N8N_VERSION" \
        "{ \"name\": \"peer\", \"private\": true, \"dependencies\": { \"n8n\": \"$N8N_VERSION\" }, \"overrides\": { \"xlsx\": \"0.18.5\" } }" \
        sqlite3
      ;;
    tenon)
      export TENON="${TENON:-${CARGO_TARGET_DIR:-target}/release/tenon}"
      [[ -x $TENON ]] || { note "building (release)"; cargo build --locked --release -p tenon --bin tenon >&2; }
      ;;
  esac
done
for word in "$@"; do
  [[ $word != --install ]] || exit 0
done
exec node scripts/bench-peers/run.js "$@"
