"""Hooks of schemathesis: signs every request as its route asks for, and lets some of the generated names be
names that exist, so that more than refusals is seen."""

import hashlib
import hmac
import json
import os
import re
import secrets
import time
from pathlib import Path
from urllib.parse import urlsplit

import requests
import schemathesis

STATE = json.loads(Path(os.environ["TENON_CONTRACT_STATE"]).read_text())
MODULES = {"orders": "ORDER_SYNC", "pull": "ORDER_SYNC", "quality": "QUALITY_FEEDBACK", "logistics": "LOGISTICS_SYNC",
           "payment": "PAYMENT_SYNC"}
OPERATORS = re.compile(r"^/(admin/v1/tokens|api/system/app-store/admin/|api/system/tenant-app/[^/]+/reset-quota)")


class Credentials(requests.auth.AuthBase):
    """Works on the request as it is sent, so that exactly its bytes are signed."""

    def __call__(self, request):
        path = urlsplit(request.url).path
        if path.startswith("/openapi/v1/"):
            module = MODULES.get(path.split("/")[3])
            if module:
                self.sign(request, STATE["apps"][module])
        elif path.startswith("/admin/v1/events/"):
            request.headers["X-ApiG-AppCode"] = STATE["app_code"]
        else:
            by_operator = OPERATORS.match(path) or (path.startswith("/api/system/app-store/") and request.method == "PUT")
            request.headers["Authorization"] = "Bearer " + STATE["operator" if by_operator else "tenant"]
        return request

    @staticmethod
    def sign(request, app):
        parts, body = urlsplit(request.url), request.body or b""
        body = body.encode() if isinstance(body, str) else body
        timestamp, nonce = str(int(time.time() * 1000)), secrets.token_hex(16)
        pieces = "&".join(sorted(piece for piece in parts.query.split("&") if piece))
        digest = hashlib.sha256(body).hexdigest()
        lines = [request.method.upper(), parts.path, pieces, digest, timestamp, nonce, app["appKey"]]
        signature = hmac.new(app["appSecret"].encode(), "\n".join(lines).encode(), hashlib.sha256).hexdigest()
        request.headers.update({"X-App-Key": app["appKey"], "X-Timestamp": timestamp, "X-Signature": signature,
                                "X-Signature-Version": "2", "X-Nonce": nonce})


schemathesis.auth.set_from_requests(Credentials())


def chosen(value, every=2):
    """Whether a generated value is to be replaced: always the same for the same value."""
    return hashlib.sha256(repr(value).encode()).digest()[0] % every == 0


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    known = STATE["known"]
    for name, value in list((path_parameters or {}).items()):
        if not chosen(value):
            continue
        operation = context.operation
        if name == "id" and operation.path.startswith("/api/"):
            # Deleted apps must not be those that others are tried on.
            ids = known["spare_apps"] if operation.method.lower() == "delete" else known["apps"]
            path_parameters[name] = ids[len(repr(value)) % len(ids)]
        elif name == "id":
            path_parameters[name] = known["token"]
        elif name in known:
            path_parameters[name] = known[name]
    return path_parameters


@schemathesis.hook
def map_body(context, body):
    if isinstance(body, dict) and context.operation.path.startswith("/admin/v1/events/"):
        for event in body["events"] if isinstance(body.get("events"), list) else [body]:
            if isinstance(event, dict) and chosen(event.get("eventId"), 4) is False:
                event["tenantId"] = STATE["tenant_id"]
                if "orderNo" in event:
                    event["orderNo"] = STATE["known"]["orderNo"]
    elif isinstance(body, dict) and "orderId" in body and chosen(body["orderId"]):
        body["orderId"] = STATE["known"]["orderId"]
    elif isinstance(body, dict) and "reconciliationNo" in body and chosen(body["reconciliationNo"]):
        body["reconciliationNo"] = STATE["known"]["reconciliationNo"]
        body.pop("reconciliationId", None)
    return body


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """An answer with a field that is not documented is a breach: customers may have more fields one day, but
    not unknown to the document."""
    taken = set()

    def taken_by(node):
        if isinstance(node, dict):
            name = str(node.get("$ref", "")).removeprefix("#/components/schemas/")
            if name and name not in taken and name in raw_schema["components"]["schemas"]:
                taken.add(name)
                taken_by(raw_schema["components"]["schemas"][name])
            for value in node.values():
                taken_by(value)
        elif isinstance(node, list):
            for value in node:
                taken_by(value)

    def close(node):
        if isinstance(node, dict):
            if node.get("type") == "object" and "properties" in node:
                node.setdefault("additionalProperties", False)
            for value in node.values():
                close(value)
        elif isinstance(node, list):
            for value in node:
                close(value)

    for item in raw_schema["paths"].values():
        for operation in item.values():
            taken_by(operation.get("requestBody"))
    for item in raw_schema["paths"].values():
        for operation in item.values():
            close(operation["responses"])
    close(raw_schema["components"]["responses"])
    for name, schema in raw_schema["components"]["schemas"].items():
        if name not in taken:
            close(schema)
