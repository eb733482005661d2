"""Hooks of schemathesis: signs every request as its route asks for, and lets some of the generated names be
names that exist, so that more than refusals is seen."""

import hashlib
import hmac
import itertools
import json
import os
import queue
import re
import secrets
import sys
import threading
import time
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import requests
import schemathesis

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "examples/clients/python"))
import aiflow
from browser import CALLBACK, Browser

SERVICES = ("/admin/v1/events/", "/barcode/", "/plm/", "/flow/", "/message/", "/dingtalk/", "/dataSync/",
            "/api/oa_integration/get_token")
STATE = json.loads(Path(os.environ["TENON_CONTRACT_STATE"]).read_text())
MODULES = {"orders": "ORDER_SYNC", "pull": "ORDER_SYNC", "quality": "QUALITY_FEEDBACK", "logistics": "LOGISTICS_SYNC",
           "payment": "PAYMENT_SYNC"}
OPERATORS = re.compile(r"^/(admin/v1/(tokens|oa|flows|runs|bulk-retries|dead-letters|alarms|standing|check|kept|connections|audit|directory|processes|data-sync|databases|login-server|oa-integration)(/|$)|api/system/app-store/admin/|api/system/tenant-app/[^/]+/reset-quota)")


class Credentials(requests.auth.AuthBase):
    """Works on the request as it is sent, so that exactly its bytes are signed."""

    def __call__(self, request):
        path = urlsplit(request.url).path
        if path.startswith("/openapi/v1/"):
            module = MODULES.get(path.split("/")[3])
            if module:
                self.sign(request, STATE["apps"][module])
        elif path == "/aflow/api/task/list":
            request.headers["Authorization"] = "Bearer " + STATE["session"]
        elif path.startswith("/aflow/api/oauth2/"):
            return request
        elif path.startswith("/aflow/api/"):
            body = request.body or b""
            body = body.encode() if isinstance(body, str) else body
            request.headers["A-Signature"] = aiflow.sign("COMPANY001", "APP001", STATE["aiflow_secret"], body)
        elif path.startswith("/api/oa_integration/get_") and path != "/api/oa_integration/get_token":
            request.headers["Token"] = STATE["oa_token"]
        elif path.startswith(SERVICES):
            request.headers["X-ApiG-AppCode"] = STATE["app_code"]
        else:
            if path.endswith("/start-trial"):
                # Each module can be tried once by each tenant.
                request.headers["Authorization"] = "Bearer " + STATE["trials"][next(numbers) % len(STATE["trials"])]
                return request
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


def exists(value, every=2):
    """Most generated values, so that most calls are about what exists."""
    return not chosen(value, every + 1)


numbers = itertools.count(1)
refresh_tokens = queue.SimpleQueue()
for token in STATE["refresh_tokens"]:
    refresh_tokens.put(token)


def signing_in(case, path):
    """A refresh token that counts, or an answer of the login server with the cookie it counts with."""
    if path == "/aflow/api/oauth2/refresh" and isinstance(case.body, dict) and exists(case.body):
        try:
            case.body["refreshToken"] = refresh_tokens.get_nowait()
        except queue.Empty:
            pass
    elif path == CALLBACK and isinstance(case.query, dict) and chosen((case.query, next(numbers)), 3):
        person = Browser()
        back = person.come_back(STATE["url"])
        case.query.clear()
        case.query.update(parse_qsl(urlsplit(back).query))
        case.headers = {**(case.headers or {}), "Cookie": person.cookies(STATE["url"])}


# A form is synchronised by one call at a time; another is refused.
syncing = threading.Lock()
SYNCS = ("/dataSync/create", "/dataSync/update")


@schemathesis.hook
def after_call(context, case, response):
    if case.operation.path in SYNCS and syncing.locked():
        syncing.release()
    if case.operation.path == "/aflow/api/oauth2/refresh" and response.status_code == 200:
        refresh_tokens.put(response.json()["data"]["refreshToken"])


def of_service(path, **given):
    """A call of a service with an app code, as its document has it; the answer's data."""
    answer = requests.post(STATE["url"] + path, params=given, headers={"X-ApiG-AppCode": STATE["app_code"]}, timeout=30)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def launched():
    """The running number of a process that has just begun."""
    saved = requests.post(STATE["url"] + "/flow/form/contract", json={"reason": f"contract {next(numbers)}"},
                          headers={"X-ApiG-AppCode": STATE["app_code"]}, timeout=30).json()["data"]["dataId"]
    number = f"CONTRACT-{next(numbers)}"
    of_service("/flow/launch", flowRunningNumber=number, flowCode="contract", dataId=saved, userCode="U1", userName="u1")
    return number, saved


def in_process(case, path):
    """Half of the calls of a process's services are about one that is there."""
    begins = ("/flow/", "/message/", "/dingtalk/", "/dataSync/")
    if not chosen((path, case.query, next(numbers))) or not path.startswith(begins):
        return
    if path.startswith("/dataSync/runs/"):
        with syncing:
            case.path_parameters["id"] = of_service("/dataSync/create", formId="SAL_SaleOrder")["run"]
        return
    if path.startswith("/dataSync/"):
        case.query = {"formId": "SAL_SaleOrder"}
        return
    if path.startswith("/dingtalk/"):
        day = {"startTime": "2026-11-23 00:00:00", "endTime": "2026-11-24 00:00:00"} if "attendance" in path else {}
        case.query = {"id": "zhangsan" if day else "1", **day}
    elif path.startswith("/flow/form/"):
        case.path_parameters["flowCode"] = "contract"
        if "dataId" in case.path_parameters:
            case.path_parameters["dataId"] = launched()[1]
        else:
            case.body = {"reason": "contract"}
    else:
        number, saved = launched()
        if path == "/flow/relaunch":
            of_service("/flow/onAudit", flowRunningNumber=number, userCode="U2", result="reject")
        given = {"taskNo": number} if path.startswith("/message/") else {"flowRunningNumber": number}
        if path == "/flow/launch":
            given = {"flowRunningNumber": f"CONTRACT-{next(numbers)}", "flowCode": "contract", "dataId": saved, "userCode": "U1"}
        if path == "/flow/discard":
            given["userName"] = "u1"
        case.query = given


def of_an_oa(case, path):
    """Half of the calls about an OA's users are about one that is there."""
    if "/oa" not in path or not chosen((path, next(numbers))):
        return
    if path == "/api/oa_integration/get_token":
        case.body = {"assistant_user_id": "U001"}
    elif path.startswith("/api/oa_integration/get_"):
        case.query = {"oa_user_id": "1"}
    elif path == "/admin/v1/oa/import":
        case.query, case.body = {}, {"bindings": [{"assistant_user_id": f"U{next(numbers)}", "oa_user_id": "1"}]}
    elif path.startswith("/admin/v1/oa/"):
        # One of its own, so that what others are tried on stays.
        bound, by_operator = f"U-{next(numbers)}", {"Authorization": "Bearer " + STATE["operator"]}
        made = requests.put(f"{STATE['url']}/admin/v1/oa/bindings/{bound}", json={"oa_user_id": "1"}, headers=by_operator, timeout=30)
        assert made.status_code == 200, made.text
        case.path_parameters.update(kind="bindings", id=bound)
        case.query = {}
        if case.operation.method.lower() == "put":
            case.body = {"oa_user_id": "1"}


OPERATED = ("/admin/v1/flows", "/admin/v1/runs", "/admin/v1/bulk-retries", "/admin/v1/connections", "/admin/v1/directory",
            "/admin/v1/processes", "/admin/v1/data-sync", "/admin/v1/audit", "/admin/v1/dead-letters", "/admin/v1/alarms", "/admin/v1/standing", "/admin/v1/check",
            "/admin/v1/kept", "/admin/v1/databases", "/admin/v1/login-server", "/admin/v1/oa-integration")


def of_operations(case, path):
    """Most calls of operators are about what is there, without filters that let nothing through."""
    if path.endswith("/preview") and isinstance(case.body, dict) and isinstance(case.body.get("document"), str):
        # The ERP has no form of a name that was made up, and says so: 502.
        del case.body["document"]
    if not path.startswith(OPERATED) or not exists((path, next(numbers))):
        return
    known = STATE["operations"]
    case.query = {}
    if path.startswith("/admin/v1/flows/{id}"):
        case.path_parameters["id"] = "spare"
        if path.endswith("/run"):
            by_operator = {"Authorization": "Bearer " + STATE["operator"]}
            requests.post(STATE["url"] + "/admin/v1/flows/spare/on", headers=by_operator, timeout=30)
        if path.endswith("/preview"):
            case.body = {}
    elif path.startswith("/admin/v1/runs/{id}"):
        case.path_parameters["id"] = known["failed"] if path.endswith("/retry") else known["run"]
        if path.endswith("/retry"):
            case.body = {}
    elif path == "/admin/v1/bulk-retries/review":
        case.body = {"filter": {"status": "failed", "last": "7d"}}
    elif path == "/admin/v1/bulk-retries" and case.operation.method.lower() == "post":
        case.body = {"filter": {"status": "failed", "code": "none"}, "reason": "contract"}
    elif path.startswith("/admin/v1/bulk-retries/{id}"):
        case.path_parameters["id"] = known["job"]
    elif path.startswith("/admin/v1/connections/"):
        case.path_parameters["id"] = "b1-main"
    elif path.startswith("/admin/v1/databases/"):
        case.path_parameters["id"] = "boards"
    elif path == "/admin/v1/directory/people":
        case.query = {"who": "13800000001"}
    elif path.startswith("/admin/v1/directory/departments/"):
        case.path_parameters["id"], case.query = "D1", {"enterprise": "COMPANY001"}
    elif path == "/admin/v1/processes":
        case.query = {"flow": "contract", "month": "202611"}
    elif path.startswith("/admin/v1/processes/"):
        case.path_parameters["number"] = launched()[0]
    elif path == "/admin/v1/data-sync/runs/{id}":
        with syncing:
            case.path_parameters["id"] = of_service("/dataSync/create", formId="SAL_SaleOrder")["run"]


@schemathesis.hook
def before_call(context, case, kwargs):
    path = case.operation.path
    if path in SYNCS:
        syncing.acquire(timeout=30)
    signing_in(case, path)
    in_process(case, path)
    of_an_oa(case, path)
    of_operations(case, path)
    name_in_path(case, path)
    if isinstance(case.query, dict) and "tenantId" in case.query and exists(case.query["tenantId"]):
        case.query["tenantId"] = STATE["tenant_id"]
    if path.endswith("/start-trial") and isinstance(case.query, dict):
        case.query.pop("tenantId", None)
    if isinstance(case.body, dict):
        name_in_body(case.body, path)
    if path.startswith("/plm/"):
        for record in case.body if isinstance(case.body, list) else [case.body]:
            if isinstance(record, dict) and exists(record):
                name_in_record(record, path)


def name_in_path(case, path):
    known, parameters = STATE["known"], case.path_parameters
    for name, value in list((parameters or {}).items()):
        if not exists((path, value)) or path.startswith(OPERATED):
            continue
        if name == "id" and path.startswith("/api/"):
            # Deleted apps must not be those that others are tried on, and pushes need one that stays as it is.
            if case.operation.method.lower() == "delete":
                parameters[name] = known["spare_apps"][next(numbers) % len(known["spare_apps"])]
            elif "/webhook" in path:
                parameters[name] = known["webhook_app"]
            else:
                parameters[name] = known["apps"][next(numbers) % len(known["apps"])]
        elif name == "id" and path.startswith("/admin/v1/tokens"):
            parameters[name] = known["token"]
        elif name in known:
            parameters[name] = known[name]


def name_in_body(body, path):
    known = STATE["known"]
    if path.startswith("/admin/v1/events/"):
        for event in body["events"] if isinstance(body.get("events"), list) else [body]:
            if isinstance(event, dict) and exists(event.get("eventId")):
                event["tenantId"] = STATE["tenant_id"]
                # Else most would be repeats of one with other content.
                event["eventId"] = f"{str(event.get('eventId'))[:40]}-{next(numbers)}".encode("ascii", "replace").decode().strip()
                if "orderNo" in event:
                    event["orderNo"] = known["orderNo"]
        if isinstance(body.get("tenantId"), str) and exists(body["tenantId"]):
            body["tenantId"] = STATE["tenant_id"]
    elif "orderId" in body and exists(body["orderId"]):
        body["orderId"] = known["activateOrderId" if path.endswith("activate-order") else "cancelOrderId"]
    elif path.endswith("/payment/confirm") and exists(body.get("paymentRef")):
        body["reconciliationNo"] = known["reconciliationNo"]
        body.pop("reconciliationId", None)


def name_in_record(record, path):
    """Records that B1 takes: items that are new or there, trees of items that are there."""
    items = STATE["known"]["items"]
    if path.endswith("/items"):
        code = items[next(numbers) % len(items)] if exists(record.get("ItemCode")) else f"NEW-{next(numbers)}"
        record.update(ItemCode=code, ItemName="物料")
        for name in [name for name in record if name not in ("ItemCode", "ItemName")]:
            record.pop(name)
    elif path.endswith("/boms"):
        record.clear()
        record.update(TreeCode=items[0], ProductTreeLines=[{"ItemCode": items[1], "Quantity": "0.5"}])


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
