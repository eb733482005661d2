#!/usr/bin/env bash
# Checks the CloudFormation templates with SAM and cfn-lint. Touches no AWS account.
#
#   scripts/check-template.sh
#
# Needs scripts/setup-tools.sh sam, which it runs itself when the tools are missing.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
scripts/setup-tools.sh sam
tools="${TENON_TOOLS:-$HOME/.cache/tenon-tools}"
export PATH="$tools/sam/bin:$PATH" SAM_CLI_TELEMETRY=0

# Both partitions: the vendors are in China, and so are many of the accounts.
for region in us-east-1 cn-north-1; do
  sam validate --lint --template-file template.yaml --region "$region"
done
templates=(template.yaml infra/network.yaml infra/observability.yaml infra/stacks/*.yaml)
cfn-lint --regions us-east-1 cn-north-1 -- "${templates[@]}"

# What they become, against the limits of stacks, environments, policies and dashboards; and what 80 functions with
# 200 routes would become, so that the wall is seen before it is reached.
count() { "$tools/sam/bin/python" scripts/count_template.py "$@" 2> >(grep -v 'unpublished metrics' >&2); }
count "${templates[@]}"
later="$(mktemp -d)"
trap 'rm -rf "$later"' EXIT
cargo run --locked -q -p tenon-generate -- --made-up "$later"
count "$later"/infra/observability.yaml "$later"/infra/stacks/*.yaml
echo "templates: no findings"
