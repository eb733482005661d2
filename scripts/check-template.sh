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
cfn-lint --regions us-east-1 cn-north-1 -- template.yaml infra/network.yaml infra/observability.yaml infra/stacks/*.yaml
echo "templates: no findings"
