"""Counts what each template becomes after SAM has written it out, against CloudFormation's and IAM's limits.

    count_template.py TEMPLATE...

Prints a row a template. Says so when something is at 80 % of its limit, and fails when it is above the limit, or a
stack has more than the 400 resources that leave room for what is to come. Run by check-template.sh, with SAM's Python.
"""

import json
import os
import re
import sys

os.environ.setdefault("AWS_DEFAULT_REGION", "cn-northwest-1")

from samcli.yamlhelper import yaml_parse  # noqa: E402
from samtranslator.public.translator import ManagedPolicyLoader  # noqa: E402
from samtranslator.translator.transform import transform  # noqa: E402

# The longest that stand for what is known at deployment only.
LONG = {
    "AWS::Region": "cn-northwest-1",
    "AWS::Partition": "aws-cn",
    "AWS::URLSuffix": "amazonaws.com.cn",
    "AWS::AccountId": "123456789012",
    "AWS::StackName": "a-name-of-forty-letters-for-a-main-stack",
    "Prefix": "a-name-of-forty-letters-for-a-main-stack",
}
LIMITS = {"resources": 400, "outputs": 200, "parameters": 200, "environment": 4096, "policy": 10240, "widgets": 500,
          "bytes": 1_000_000}


class Policies(ManagedPolicyLoader):
    def __init__(self):
        super().__init__(None)

    def load(self):
        return {}


def written_out(path):
    with open(path, encoding="utf-8") as file:
        template = yaml_parse(file.read())
    for function in template["Resources"].values():
        if function["Type"] == "AWS::Serverless::Function":
            function["Properties"]["CodeUri"] = "s3://bucket/key"
    shared = template.get("Globals", {}).get("Function", {})
    if shared:
        shared["CodeUri"] = "s3://bucket/key"
    given = {name: LONG.get(name, "a value") for name in template.get("Parameters", {})}
    return transform(template, given, Policies())


def length(value, resources):
    """Length of a value once its references are filled in."""
    if isinstance(value, str):
        if value.startswith("{{resolve:secretsmanager:"):
            return 64
        return len(value)
    if not isinstance(value, dict):
        return len(str(value))
    kind, of = next(iter(value.items()))
    if kind == "Fn::Sub":
        text = of if isinstance(of, str) else of[0]
        if text.startswith("{{resolve:secretsmanager:"):
            return 64
        return len(re.sub(r"\$\{([^}]+)\}", lambda found: LONG.get(found[1], "x" * 60), text))
    if kind == "Ref" and resources.get(of, {}).get("Type") == "AWS::SQS::Queue":
        name = length(resources[of]["Properties"]["QueueName"], resources)
        return len("https://sqs.cn-northwest-1.amazonaws.com.cn/123456789012/") + name
    return len(LONG.get(of, "x" * 60)) if isinstance(of, str) else 120


def filled(value, resources):
    """A policy as IAM measures it: without white space, with its references filled in."""
    if isinstance(value, dict):
        kind = next(iter(value), "")
        if kind == "Ref" or kind.startswith("Fn::"):
            return "x" * max(length(value, resources), 80)
        return {key: filled(item, resources) for key, item in value.items()}
    if isinstance(value, list):
        return [filled(item, resources) for item in value]
    return value


def count(path):
    template = written_out(path)
    resources = template["Resources"]
    found = {"resources": len(resources), "outputs": len(template.get("Outputs", {})),
             "parameters": len(template.get("Parameters", {})), "environment": 0, "policy": 0, "widgets": 0,
             "bytes": os.path.getsize(path)}
    for resource in resources.values():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::Lambda::Function":
            variables = properties.get("Environment", {}).get("Variables", {})
            size = sum(len(name) + length(value, resources) for name, value in variables.items())
            found["environment"] = max(found["environment"], size)
        if resource["Type"] == "AWS::IAM::Role":
            documents = [policy["PolicyDocument"] for policy in properties.get("Policies", [])]
            size = sum(len(json.dumps(filled(one, resources), separators=(",", ":"))) for one in documents)
            found["policy"] = max(found["policy"], size)
        if resource["Type"] == "AWS::CloudWatch::Dashboard":
            body = properties["DashboardBody"]
            found["widgets"] = len(json.loads(body["Fn::Sub"] if isinstance(body, dict) else body)["widgets"])
    return found


def main(paths):
    if not paths:
        sys.exit(__doc__)
    failed, routes = False, 0
    print(" ".join(f"{name:>11}" for name in LIMITS), "  template")
    for path in paths:
        found = count(path)
        print(" ".join(f"{found[name]:>11}" for name in LIMITS), f"  {path}")
        for name, limit in LIMITS.items():
            if found[name] > limit:
                failed = True
                print(f"{path}: {found[name]} {name}, and {limit} are allowed", file=sys.stderr)
            elif found[name] > limit * 0.8:
                print(f"{path}: {found[name]} {name} are over 80 % of the {limit} allowed", file=sys.stderr)
        with open(path, encoding="utf-8") as file:
            routes += file.read().count("Type: AWS::ApiGatewayV2::Route")
    # A quota of the API and not of a stack; it can be raised.
    print(f"{routes} routes of 300 that an HTTP API has without asking for more")
    if routes > 300:
        failed = True
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main(sys.argv[1:])
