#!/usr/bin/env bash
# A client of the signed API: bash, curl and openssl; see ../README.md for the environment variables.
set -euo pipefail

# Signing works on bytes, whatever the terminal's language.
export LC_ALL=C

# hmac SECRET < MESSAGE: lower-case hex. The secret is seen by `ps` while openssl runs.
hmac() {
  openssl dgst -sha256 -hmac "$1" -r | cut -d' ' -f1
}

# call METHOD PATH [BODY]: prints the answer; fails for anything but HTTP 200.
call() {
  local method="$1" path="$2" body="${3:-}"
  local timestamp nonce hash signature answer status
  timestamp="$(date +%s)000" # milliseconds, which not every `date` has
  local headers=(-H "Content-Type: application/json" -H "X-App-Key: $TENON_APP_KEY" -H "X-Timestamp: $timestamp")
  if [[ ${TENON_SIGNATURE_VERSION:-2} == 1 ]]; then
    signature="$(printf '%s' "$TENON_APP_KEY$timestamp$body" | hmac "$TENON_APP_SECRET")"
  else
    nonce="$(openssl rand -hex 16)" # never the same one twice
    hash="$(printf '%s' "$body" | openssl dgst -sha256 -r | cut -d' ' -f1)"
    # The third line is the query, of which there is none here.
    signature="$(printf '%s\n%s\n\n%s\n%s\n%s\n%s' "$method" "$path" "$hash" "$timestamp" "$nonce" "$TENON_APP_KEY" \
      | hmac "$TENON_APP_SECRET")"
    headers+=(-H "X-Signature-Version: 2" -H "X-Nonce: $nonce")
  fi
  headers+=(-H "X-Signature: $signature")
  # --data-binary sends the bytes that were signed; -d would drop line feeds.
  [[ -z $body ]] || headers+=(--data-binary "$body")
  answer="$(curl --silent --show-error --max-time 30 --write-out '\n%{http_code}' -X "$method" "${headers[@]}" "${TENON_URL%/}$path")"
  status="${answer##*$'\n'}"
  answer="${answer%$'\n'*}"
  if [[ $status != 200 ]]; then
    echo "$status $answer" >&2
    return 1
  fi
  printf '%s\n' "$answer"
}

# field NAME < ANSWER: the first field of that name. Use jq where there is one.
field() {
  grep -o "\"$1\":\"\{0,1\}[^\",}]*" | head -n 1 | sed "s/^\"$1\":\"\{0,1\}//"
}

# verify TIMESTAMP SIGNATURE < BODY: whether a push is genuine and at most five minutes old.
verify() {
  local expected age
  expected="$({ printf '%s' "$1"; cat; } | hmac "$TENON_CALLBACK_SECRET")"
  [[ $1 =~ ^[0-9]{1,12}$ && $expected == "$2" ]] || return 1
  age=$(($(date +%s) - $1))
  [[ ${age#-} -le 300 ]]
}

if [[ ${1:-} == verify ]]; then
  if verify "$2" "$3"; then echo valid; else echo invalid; exit 1; fi
  exit
fi

# A repeat with the same external number and content answers the first order and makes no second one.
created="$(call POST /openapi/v1/orders/create '{"externalOrderNo":"SH-'"$(date +%s)-$RANDOM$RANDOM"'","styleNo":"FZ2024001",
  "styleName":"春季衬衫A款","quantity":500,"colors":["红","蓝","白"],"sizes":["S","M","L","XL"]}')"
order_no="$(field orderNo <<<"$created")"
echo "created $order_no"
read_back="$(call GET "/openapi/v1/orders/$order_no")"
echo "status $(field status <<<"$read_back")"
page="$(call POST /openapi/v1/orders/list '{"page":1,"size":20}')"
echo "listed $(field total <<<"$page")"
