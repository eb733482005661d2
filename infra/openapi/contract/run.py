"""Starts `tenon up` on empty data with tenants, apps and orders, and runs schemathesis against it.

    run.py TENON SCHEMATHESIS [EXAMPLES]

Exits with 0 when every answer was as the document says.
"""

import http.server
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[3]
APP_CODE = "contract-app-code-0123456789"
AIFLOW_SECRET = "contract-aiflow-secret"
# What never succeeds here, and why.
ELSEWHERE = {
    "POST /admin/v1/dead-letters/{queue}/{id}/put-back": "nothing is given up here",
    "DELETE /admin/v1/dead-letters/{queue}/{id}": "nothing is given up here",
    "DELETE /admin/v1/flows/{id}": "no page stores a flow here",
    "POST /admin/v1/flows/propose": "no OA has a form here",
    "POST /admin/v1/flows/fields": "no OA has a form here",
    "PUT /admin/v1/flows/{id}": "no OA has a form here",
    "GET /admin/v1/kept/{id}": "nothing is kept for a person here",
    "DELETE /admin/v1/kept/{id}": "nothing is kept for a person here",
    "POST /admin/v1/processes/{number}/retry": "no process stops here",
    "POST /admin/v1/flows/{id}/preview": "the spare flow has made no table that could be foreseen",
    "POST /admin/v1/runs/{id}/retry": "no run fails here",
    "GET /admin/v1/runs/{id}/input": "no input fails to be mapped here",
    "POST /admin/v1/runs/{id}/correct/review": "no input fails to be mapped here",
    "POST /admin/v1/runs/{id}/correct": "no input fails to be mapped here",
}
# What answers otherwise when it succeeds.
SUCCEEDS_WITH = {"GET /aflow/api/oauth2/callback": 302}
# The ERP and its DI API are the sandbox's, with its users.
CONFIG = r"""
[[apps]]
id = "production"
app_code = "{app_code}"
services = ["flow", "dingtalk", "oa-integration", "data-sync"]
rate_per_minute = 0

[[connections]]
id = "ding-main"
kind = "dingtalk"
api_url = "http://{sandbox}"
oapi_url = "http://{sandbox}"
app_key = "dingsandboxapp"
app_secret = "sandbox-app-secret"
token = "SandboxToken"
aes_key = "SandboxSandboxSandboxSandboxSandboxSandbox1"

[[connections]]
id = "kingdee-main"
kind = "kingdee"
base_url = "http://{sandbox}/k3cloud"
account = "6a1f0c2b9d3e47"
username = "tenon"
password = "sandbox-kingdee-password"

[[databases]]
id = "boards"
kind = "sqlite"
path = "{boards}"

[[flows]]
id = "orders-as-table"
kind = "data-sync"
erp = "kingdee-main"
database = "boards"
form = "SAL_SaleOrder"

[[flows]]
id = "spare"
kind = "data-sync"
erp = "kingdee-main"
database = "boards"
form = "BD_MATERIAL"

[[connections]]
id = "b1-main"
kind = "b1"
base_url = "http://{sandbox}"
company_db = "SBODEMOCN"
username = "manager"
password = "sandbox-b1"

[[connections]]
id = "di-main"
kind = "di_api"
base_url = "http://{sandbox}"
company_db = "SBODEMOCN"
username = 's-erp\manager'
password = "sandbox-di-api"

[[aiflow_apps]]
enterprise_code = "COMPANY001"
app_id = "APP001"
app_secret = "{aiflow_secret}"
rate_per_minute = 0

[sso]
enabled = true
redirect_uri = "http://{sandbox}/odoo/api/oauth2/authorize"
client_id = "aiflow"
client_secret = "odoo-sandbox-client-secret"
public_url = "{url}"
enterprise_code = "ODOO"
starts_per_minute = 0

[[barcode]]
connection = "b1-main"
di_api = "di-main"
key_field = "U_TenonKey"

[[flows]]
id = "plm-items"
kind = "plm"
erp = "b1-main"
receives = "items"

[[flows]]
id = "plm-boms"
kind = "plm"
erp = "b1-main"
receives = "boms"

[[flows]]
id = "plm-routings"
kind = "plm"
erp = "b1-main"
receives = "routings"
object = "GYLX"
collections = ["GYLX_LINESCollection"]
"""
CHECKS = ["not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance",
          "response_headers_conformance"]
MODULES = ["ORDER_SYNC", "QUALITY_FEEDBACK", "LOGISTICS_SYNC", "PAYMENT_SYNC"]


class Customer(http.server.BaseHTTPRequestHandler):
    """The customer's system: takes every push and answers every pull."""

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'[{"patternId":"P001"}]')

    def log_message(self, *_):
        pass


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Server:
    def __init__(self, tenon, data):
        self.tenon, self.data, self.url = tenon, data, f"http://127.0.0.1:{free_port()}"
        sandbox = f"127.0.0.1:{free_port()}"
        config = data / "tenon.toml"
        config.write_text(CONFIG.format(app_code=APP_CODE, aiflow_secret=AIFLOW_SECRET, sandbox=sandbox, url=self.url,
                                        boards=data / "boards.db"))
        self.log = (data / "up.log").open("w+")
        self.process = subprocess.Popen(
            [tenon, "--data", data / "data", "up", "--config", config, "--listen", self.url.removeprefix("http://"),
             "--sandbox", "--sandbox-listen", sandbox, "--allow-loopback"], env={**os.environ, "RUST_LOG": "warn"}, stdout=self.log, stderr=self.log)
        for _ in range(300):
            try:
                urllib.request.urlopen(self.url + "/healthz", timeout=2)
                return
            except OSError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.1)
        raise SystemExit("the server did not start:\n" + (data / "up.log").read_text())

    def token(self, *options):
        made = subprocess.run([self.tenon, "--data", self.data / "data", "token", "create", "--json", *options],
                              check=True, capture_output=True)
        return json.loads(made.stdout)

    def call(self, method, path, body, headers):
        sent = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, sent, {"Content-Type": "application/json", **headers}, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)["data"]


def provision(server, receiver):
    """Tenant t-1 with a paid app of each module, an order and a reconciliation; t-1's administrator, and an
    operator."""
    operator = server.token("--role", "operator", "--name", "contract")["token"]
    tenant = server.token("--role", "tenant-admin", "--tenant", "t-1", "--name", "contract")["token"]
    by_tenant, by_operator = {"Authorization": f"Bearer {tenant}"}, {"Authorization": f"Bearer {operator}"}
    store, apps = "/api/system/app-store", {}
    for module in MODULES:
        order = server.call("POST", store + "/create-order", {
            "appId": module, "subscriptionType": "YEARLY", "contactName": "王小明", "contactPhone": "13800000000"}, by_tenant)
        paid = server.call("POST", store + "/admin/activate-order", {"orderId": order["orderId"]}, by_operator)
        apps[module] = paid["apiCredentials"]
        server.call("PUT", f"/api/system/tenant-app/{apps[module]['id']}?tenantId=t-1", {
            "dailyQuota": 0, "externalApiUrl": receiver + "/api"}, by_operator)
    # Further apps to be changed, switched off and deleted; those that sign are left alone.
    more = [server.call("POST", "/api/system/tenant-app/create", {
        "appType": MODULES[n % 4], "callbackUrl": receiver + "/hook"}, by_tenant)["app"]["id"] for n in range(20)]
    sys.path.insert(0, str(ROOT / "examples/clients/python"))
    import client
    orders = client.Client(server.url, apps["ORDER_SYNC"]["appKey"], apps["ORDER_SYNC"]["appSecret"])
    order_no = orders.call("POST", "/openapi/v1/orders/create", {"styleNo": "FZ2024001", "quantity": 500})["orderNo"]
    server.call("POST", "/admin/v1/events/reconciliation-created", {
        "eventId": "first", "tenantId": "t-1", "orderNo": order_no, "reconciliationNo": "DZ1", "totalAmount": 12.5},
        {"X-ApiG-AppCode": APP_CODE})
    pushed = server.call("POST", "/admin/v1/events/order-status", {
        "eventId": "second", "tenantId": "t-1", "orderNo": order_no, "status": "production"}, {"X-ApiG-AppCode": APP_CODE})
    assert pushed["eventId"] == "second"
    with_people(server)
    # An OA's user, bound to an assistant's.
    user = {"id": "1", "username": "admin", "name": "管理员", "did": "1", "roles": ["1"]}
    server.call("POST", "/admin/v1/oa/import", {
        "departments": [{"id": "1", "name": "总公司"}], "roles": [{"id": "1", "title": "超级权限角色", "rules": "1,2"}], "users": [user],
        "bindings": [{"assistant_user_id": "U001", "oa_user_id": "1"}]}, by_operator)
    oa_token = server.call("POST", "/api/oa_integration/get_token", {"assistant_user_id": "U001"},
                           {"X-ApiG-AppCode": APP_CODE})["token"]
    # Each sign-in has a refresh token of its own, which is good once and brings the next.
    from browser import Browser
    session, _ = Browser().sign_in(server.url)
    refresh_tokens = [Browser().sign_in(server.url)[1] for _ in range(8)]
    job = server.call("POST", f"/api/system/tenant-app/{more[0]}/webhook/resend-jobs", {"from": "2026-01-01"}, by_tenant)
    delivery = server.call("POST", f"/api/system/tenant-app/{more[0]}/webhook/test", None, by_tenant)
    items = [f"PLM-{n}" for n in range(4)]
    made = server.call("POST", "/plm/b1-main/items", [{"ItemCode": code, "ItemName": "物料"} for code in items],
                       {"X-ApiG-AppCode": APP_CODE})
    assert [entry["action"] for entry in made] == ["created"] * 4, made
    # Runs of a PLM's push, and a job that finds nothing.
    runs = server.call("GET", "/admin/v1/runs?flow=plm-items", None, by_operator)["runs"]
    job_of_runs = server.call("POST", "/admin/v1/bulk-retries", {"filter": {"code": "none"}, "reason": "contract"}, by_operator)
    waiting = [server.call("POST", store + "/create-order", {
        "appId": "ORDER_SYNC", "subscriptionType": "MONTHLY", "contactName": "王小明", "contactPhone": "13800000000"},
        by_tenant)["orderId"] for _ in range(2)]
    return {
        "trials": [server.token("--role", "tenant-admin", "--tenant", f"trial-{n}")["token"] for n in range(8)],
        "operator": operator, "tenant": tenant, "tenant_id": "t-1", "app_code": APP_CODE, "apps": apps,
        "aiflow_secret": AIFLOW_SECRET, "url": server.url, "session": session, "oa_token": oa_token, "refresh_tokens": refresh_tokens,
        "operations": {"run": runs[0]["id"], "failed": runs[0]["id"], "job": job_of_runs["id"]},
        "known": {
            "connection": "b1-main", "items": items,
            "orderNo": order_no, "reconciliationNo": "DZ1", "webhook_app": more[0], "apps": more[1:10], "spare_apps": more[10:],
            "jobId": job["jobId"], "deliveryId": delivery["deliveryId"], "activateOrderId": waiting[0],
            "cancelOrderId": waiting[1],
            "token": server.token("--role", "operator", "--name", "to be revoked")["id"],
        },
    }


def with_people(server):
    """An ERP that calls aiflow's interface: the people whom the document's examples name, and their flow."""
    import aiflow

    def push(path, body):
        sent = json.dumps(body).encode()
        signature = aiflow.sign("COMPANY001", "APP001", AIFLOW_SECRET, sent)
        return server.call("POST", "/aflow/api/" + path, body, {"A-Signature": signature})

    push("sys/sync/department", {"departments": [{"deptId": "D1", "deptName": "总部"},
                                                 {"deptId": "D2", "deptName": "技术部", "parentId": "D1"}]})
    push("sys/sync/user", {"users": [
        {"userId": f"U{n}", "userName": f"u{n}", "mobile": f"1380000000{n}", "deptId": "D1"} for n in (1, 2, 3)]})
    document = json.loads((ROOT / "docs/openapi/openapi.json").read_text())
    example = document["paths"]["/aflow/api/flow/create"]["post"]["requestBody"]["content"]["application/json"]["example"]
    push("flow/create", example)
    # A process that anybody can begin, and U2 decides.
    push("flow/create", {**example, "flowCode": "contract", "bpmnXml": example["bpmnXml"].replace(
        'tenon:assignee="manager"', 'tenon:assignee="user:U2"')})
    push("flow/publish", {"flowCode": "contract", "flowVersion": 1})
    flow = document["paths"]["/aflow/api/flow/create_third_party"]["post"]["requestBody"]["content"]["application/json"]
    push("flow/create_third_party", flow["example"])


def tally(report):
    """How often each operation was answered with which status."""
    document = json.loads((ROOT / "docs/openapi/openapi.json").read_text())
    # A path with fewer parameters before one with more, as the gateway chooses.
    operations = sorted(((path, method.upper()) for path, item in document["paths"].items() for method in item),
                        key=lambda operation: operation[0].count("{"))
    patterns = [(re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path)) + "$"), path, method) for path, method in operations]
    seen = {operation: Counter() for operation in operations}
    for entry in json.loads(report.read_text())["log"]["entries"]:
        path, method = urlsplit(entry["request"]["url"]).path, entry["request"]["method"]
        found = next((seen[p, m] for pattern, p, m in patterns if m == method and pattern.match(path)), None)
        if found is not None:
            found[entry["response"]["status"]] += 1
    return seen


def main():
    tenon, tool = sys.argv[1:3]
    examples = sys.argv[3] if len(sys.argv) > 3 else "25"
    customer = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Customer)
    threading.Thread(target=customer.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as folder:
        server = Server(tenon, Path(folder))
        try:
            state = Path(folder) / "state.json"
            state.write_text(json.dumps(provision(server, f"http://127.0.0.1:{customer.server_port}")))
            done = subprocess.run(
                [tool, "run", ROOT / "docs/openapi/openapi.json", "--url", server.url, "--checks", ",".join(CHECKS),
                 "--phases", "examples,coverage,fuzzing", "--max-examples", examples, "--seed", "20260211",
                 "--continue-on-failure", "--suppress-health-check", "all", "--warnings", "off", "--workers", "2",
                 "--request-timeout", "30", "--report", "har", "--report-har-path", "report.har"],
                env={**os.environ, "TENON_CONTRACT_STATE": str(state), "SCHEMATHESIS_HOOKS": "hooks",
                     "PYTHONPATH": str(Path(__file__).parent)}, cwd=folder)
            if server.process.poll() is not None:
                print("the server has ended:\n" + (Path(folder) / "up.log").read_text()[-4000:], file=sys.stderr)
                return 1
            if done.returncode:
                print("the server's log ends so:\n" + (Path(folder) / "up.log").read_text()[-4000:], file=sys.stderr)
            never = []
            for (path, method), statuses in sorted(tally(Path(folder) / "report.har").items()):
                print(f"{method:6} {path:75}", *(f"{status}x{times}" for status, times in sorted(statuses.items())))
                never += [f"{method} {path}"] if not statuses[SUCCEEDS_WITH.get(f"{method} {path}", 200)] \
                    and f"{method} {path}" not in ELSEWHERE else []
            if never:
                print("never succeeded, so not really tested: " + ", ".join(never), file=sys.stderr)
            return done.returncode or bool(never)
        finally:
            server.process.terminate()
            server.process.wait()


if __name__ == "__main__":
    sys.exit(main())
