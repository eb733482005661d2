#!/usr/bin/env bash
# Runs the functions under `cargo lambda watch` on http://127.0.0.1:9000, against local backends.
#
#   cargo run -- up --backends                 # in another terminal: DynamoDB on 9520, SQS on 9521,
#                                              # which ask for the secret in .tenon/running.json
#   export TENON_MASTER_KEY=…                  # the key that `tenon apply` sealed the secrets with
#   scripts/watch.sh                           # arguments go to cargo lambda watch
#
# HTTP functions answer under their routes; `up --backends` also receives from the queues, ticks the
# schedules, and calls the functions here. One can be called by hand with its golden event:
#
#   cargo lambda invoke approvals-submit --invoke-address 127.0.0.1 -P 9000 --data-file events/approvals-submit.json
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
: "${TENON_MASTER_KEY:?set TENON_MASTER_KEY to the key that tenon apply sealed the secrets with}"
scripts/setup-tools.sh lambda
tools="${TENON_TOOLS:-$HOME/.cache/tenon-tools}"
export PATH="$tools/lambda/bin:$PATH"

export TENON_MASTER_KEY
export TENON_TABLE="${TENON_TABLE:-tenon}"
export AWS_ENDPOINT_URL_DYNAMODB="${AWS_ENDPOINT_URL_DYNAMODB:-http://127.0.0.1:9520}"
export AWS_ENDPOINT_URL_SQS="${AWS_ENDPOINT_URL_SQS:-http://127.0.0.1:9521}"
# The backends of `up --backends` ask for the secret of their run, as the id of the access key. With other
# backends give AWS_ACCESS_KEY_ID yourself.
if [ -z "${AWS_ACCESS_KEY_ID:-}" ]; then
  running="${TENON_DATA:-.tenon}/running.json"
  [ -r "$running" ] || { echo "$running is not there: start \`cargo run -- up --backends\` first" >&2; exit 1; }
  AWS_ACCESS_KEY_ID="$(sed -n 's/.*"secret":"\([0-9a-f]*\)".*/\1/p' "$running")"
fi
export AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY="${AWS_SECRET_ACCESS_KEY:-local}"
export RUST_LOG="${RUST_LOG:-info}"

queues="$AWS_ENDPOINT_URL_SQS/000000000000"
# Queues: generated from functions/catalog
export TENON_QUEUE_BULK_RETRY="$queues/bulk-retry"
export TENON_QUEUE_BULK_RETRY_DLQ="$queues/bulk-retry-dlq"
export TENON_QUEUE_AIFLOW_LISTS="$queues/aiflow-lists"
export TENON_QUEUE_AIFLOW_LISTS_DLQ="$queues/aiflow-lists-dlq"
export TENON_QUEUE_APPROVALS_SUBMIT="$queues/approvals-submit"
export TENON_QUEUE_APPROVALS_SUBMIT_DLQ="$queues/approvals-submit-dlq"
export TENON_QUEUE_APPROVALS_WRITE_BACK="$queues/approvals-write-back"
export TENON_QUEUE_APPROVALS_WRITE_BACK_DLQ="$queues/approvals-write-back-dlq"
export TENON_QUEUE_DATA_SYNC="$queues/data-sync"
export TENON_QUEUE_DATA_SYNC_DLQ="$queues/data-sync-dlq"
export TENON_QUEUE_MANUFACTURING_POST="$queues/manufacturing-post"
export TENON_QUEUE_MANUFACTURING_POST_DLQ="$queues/manufacturing-post-dlq"
export TENON_QUEUE_MANUFACTURING_SEND="$queues/manufacturing-send"
export TENON_QUEUE_MANUFACTURING_SEND_DLQ="$queues/manufacturing-send-dlq"
export TENON_QUEUE_PRODUCTION_ISSUES="$queues/production-issues"
export TENON_QUEUE_PRODUCTION_ISSUES_DLQ="$queues/production-issues-dlq"
export TENON_QUEUE_MASTER_DATA_SEND="$queues/master-data-send"
export TENON_QUEUE_MASTER_DATA_SEND_DLQ="$queues/master-data-send-dlq"
export TENON_QUEUE_MASTER_DATA_PLM="$queues/master-data-plm"
export TENON_QUEUE_MASTER_DATA_PLM_DLQ="$queues/master-data-plm-dlq"
export TENON_QUEUE_OPENAPI_LOG="$queues/openapi-log"
export TENON_QUEUE_OPENAPI_LOG_DLQ="$queues/openapi-log-dlq"
export TENON_QUEUE_DIRECTORY_SYNC="$queues/directory-sync"
export TENON_QUEUE_DIRECTORY_SYNC_DLQ="$queues/directory-sync-dlq"
export TENON_QUEUE_NOTICES_SEND="$queues/notices-send"
export TENON_QUEUE_NOTICES_SEND_DLQ="$queues/notices-send-dlq"
export TENON_QUEUE_PROCESS_WORK="$queues/process-work"
export TENON_QUEUE_PROCESS_WORK_DLQ="$queues/process-work-dlq"
export TENON_QUEUE_WEBHOOK_FAN_OUT="$queues/webhook-fan-out"
export TENON_QUEUE_WEBHOOK_FAN_OUT_DLQ="$queues/webhook-fan-out-dlq"
export TENON_QUEUE_WEBHOOK_DELIVER="$queues/webhook-deliver"
export TENON_QUEUE_WEBHOOK_DELIVER_DLQ="$queues/webhook-deliver-dlq"
export TENON_QUEUE_WEBHOOK_RETRY="$queues/webhook-retry"
export TENON_QUEUE_WEBHOOK_RETRY_DLQ="$queues/webhook-retry-dlq"
export TENON_QUEUE_WEBHOOK_RESEND="$queues/webhook-resend"
export TENON_QUEUE_WEBHOOK_RESEND_DLQ="$queues/webhook-resend-dlq"
# end of what is generated

# Its default is to listen on every interface.
exec cargo lambda watch --invoke-address 127.0.0.1 --invoke-port 9000 "$@"
