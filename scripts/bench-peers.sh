#!/bin/sh
# Tenon beside Node-RED and n8n: the same flow, the same stand-in, runs in turn; prints the table of docs/PERFORMANCE.md.
#
#   scripts/bench-peers.sh [--peers tenon,node-red,n8n] [--drafts 1000] [--latency 0] [--page 20] [--runs 5] [--kills 10] [--cores 0,1]
#
# Installs the peers from npm at pinned versions, once, into PEERS_HOME (about 2 GB with n8n). TENON names our program; a
# release build by default. Nothing else should run on the machine meanwhile.
set -eu
cd "$(dirname "$0")/.."
PEERS_HOME=${PEERS_HOME:-${TMPDIR:-/tmp}/tenon-peers}
NODE_RED=4.1.15
N8N=1.123.81
export PEERS_HOME

peers=tenon,node-red,n8n
previous=
for word in "$@"; do
	[ "$previous" = --peers ] && peers=$word
	previous=$word
done

mkdir -p "$PEERS_HOME"
# n8n on Node 20: a spreadsheet library that npm still has, no scripts of other packages, and SQLite built for this machine.
cat >"$PEERS_HOME/package.json" <<JSON
{ "name": "peers", "private": true, "overrides": { "xlsx": "0.18.5" } }
JSON
installed() { [ "$(node -p "require('$PEERS_HOME/node_modules/$1/package.json').version" 2>/dev/null)" = "$2" ]; }
wanted=
case ",$peers," in *,node-red,*) installed node-red $NODE_RED || wanted="$wanted node-red@$NODE_RED" ;; esac
case ",$peers," in *,n8n,*) installed n8n $N8N || wanted="$wanted n8n@$N8N" ;; esac
# Both are named, or npm takes the other away.
if [ -n "$wanted" ]; then
	[ -d "$PEERS_HOME/node_modules/node-red" ] && wanted="$wanted node-red@$NODE_RED"
	[ -d "$PEERS_HOME/node_modules/n8n" ] && wanted="$wanted n8n@$N8N"
	# shellcheck disable=SC2086
	npm install --prefix "$PEERS_HOME" --ignore-scripts --no-audit --no-fund --loglevel=error $wanted
	case "$wanted" in *n8n*) npm rebuild --prefix "$PEERS_HOME" sqlite3 ;; esac
fi
case ",$peers," in
*,tenon,*) [ -x "${TENON:-target/release/tenon}" ] || cargo build --release -p tenon ;;
esac
exec node scripts/bench-peers/run.js "$@"
