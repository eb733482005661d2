"""The pages in a real browser: sign in at the sandbox's Odoo, the task centre, an outside page, sign out, the page of a
process's task; on a desk and on a phone, with script and without, held against axe.

    pages.py TENON CHROMIUM [FOLDER FOR SCREENSHOTS]
"""
import hashlib
import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

TENON, CHROMIUM = sys.argv[1:3]
SHOTS = sys.argv[3] if len(sys.argv) > 3 else None
ENTERPRISE, APP, SECRET = "COMPANY001", "APP001", "aiflow-sandbox-app-secret"
FLOW_CODE = "flow-sandbox-code"
ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
PHONE = ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
         "Mobile/15E148 DingTalk/7.6.0")
KINDS = {"desk": dict(viewport={"width": 1440, "height": 900}),
         "phone": dict(viewport={"width": 390, "height": 844}, user_agent=PHONE, is_mobile=True, has_touch=True)}


def free_port():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return held.getsockname()[1]


def call(own, path, body):
    """As the ERP calls, signed."""
    text, now = json.dumps(body), str(int(time.time() * 1000))
    inner = hashlib.md5((ENTERPRISE + SECRET + text + now).encode()).hexdigest()
    cipher = hashlib.md5(inner.encode()).hexdigest()
    claim = f'{{"enterpriseCode":"{ENTERPRISE}","appId":"{APP}","timestamp":{now},"cipher":"{cipher}"}}'
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(own).netloc, timeout=20)
    headers = {"Content-Type": "application/json", "A-Signature": claim.encode().hex().upper()}
    connection.request("POST", path, text.encode(), headers)
    told = json.loads(connection.getresponse().read())
    assert told["status"] == 0, (path, told)
    return told["data"]


def china(seconds):
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(time.time() + 8 * 3600 + seconds))


def fill(own):
    """A flow of the ERP's, and orders with tasks."""
    flow = {"flowCode": "PO", "title": "采购订单审批", "categoryId": "采购", "managerUserCode": "E1001",
            "operationUserCode": "E1001", "configUserCode": "E1001", "createBy": "E1001", "businessKey": "PO",
            "initiateUrl": {"h5Url": "https://erp.example.com/h5/new", "webUrl": "https://erp.example.com/web/new"},
            "detailUrl": {"h5Url": "https://erp.example.com/h5/order", "webUrl": "https://erp.example.com/web/order"}}
    made = call(own, "/aflow/api/flow/create_third_party", flow)
    call(own, "/aflow/api/flow/online_third_party", {"flowCode": "PO", "flowVersion": made["flowVersion"]})
    names = ["部门经理审批", "财务复核（含税金额超过五十万元，需附三家比价单与合同扫描件）", "总经理审批"]
    for order in range(1, 8):
        tasks = [{"taskId": f"T{order}", "taskName": names[order % 3], "assigneeUserCode": ["E1001"],
                  "taskStatus": "over" if order > 5 else "ing", "taskResult": "pass" if order > 5 else "new",
                  "deadLine": china((order - 3) * 86_400), "nodeType": "audit", "showPc": True, "showMobile": True,
                  **({"handleTime": china(-3600)} if order > 5 else {})}]
        body = {"orderId": order, "orderStatus": "ing", "orderResult": "ing", "initiator": "E1001" if order % 2 else "E1002",
                "businessKey": f"PO-2026-{order:05}", "thirdFlowCode": "PO", "createTime": china(-86_400),
                "updateTime": china(0), "tasks": tasks,
                "ccUsers": [{"userCode": "E1001", "ccTime": china(-600)}] if order == 4 else []}
        call(own, "/aflow/api/order/sync/task", body)


def service(own, target, body=None):
    """As a dashboard calls, with its app code."""
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(own).netloc, timeout=20)
    text = None if body is None else json.dumps(body).encode()
    connection.request("POST", target, text, {"Content-Type": "application/json", "X-ApiG-AppCode": FLOW_CODE})
    told = json.loads(connection.getresponse().read())
    assert told["code"] == 0, (target, told)
    return told["data"]


def define_process(own):
    """A purchase whose every decision is zhangsan's."""
    with open(os.path.join(ROOT, "examples/processes/purchase.bpmn"), encoding="utf-8") as file:
        bpmn = file.read()
    for rule in ['"manager"', '"role:finance"']:
        bpmn = bpmn.replace(f"tenon:assignee={rule}", 'tenon:assignee="user:E1001"')
    fields = [{"type": "input", "name": "reason", "label": "事由", "required": True},
              {"type": "money", "name": "amount", "label": "金额", "required": True}]
    call(own, "/aflow/api/flow/create", {"flowCode": "purchase", "flowName": "采购申请", "bpmnXml": bpmn,
                                         "formSchema": {"components": fields}})
    call(own, "/aflow/api/flow/publish", {"flowCode": "purchase", "flowVersion": 1})


def decide(browser, own, kind, script):
    """A task of the process engine: its page, a comment, an approval, and a refusal where there is no script."""
    saved = service(own, "/flow/form/purchase", {"reason": "会议室投影仪更换（含安装、旧机回收与三年质保）", "amount": 20_000})
    query = urllib.parse.urlencode({"flowCode": "purchase", "dataId": saved["dataId"], "userCode": "E1002", "userName": "李四"})
    number = service(own, f"/flow/launch?{query}")["flowRunningNumber"]
    context = browser.new_context(locale="zh-CN", java_script_enabled=script, **KINDS[kind])
    page, said = context.new_page(), []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    sign_in(page, own)
    name = f"{kind}{'' if script else '-without-script'}-process"

    def look(what):
        shoot(page, f"{name}-{what}")
        if script:
            held_against_axe(page, f"{name} {what}")
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 0, f"{name} {what} is {wide} px too wide"

    page.goto(f"{own}/aflow/tasks?list=todo&q={urllib.parse.quote(number)}")
    page.locator("article .open a").first.click()
    page.wait_for_url(f"{own}/aflow/tasks/*")
    assert "会议室投影仪更换" in page.content() and page.locator("svg").count() > 0, page.content()
    look("task")
    page.goto(page.url.split("?")[0] + "?lang=en")
    assert page.locator("html").get_attribute("lang") == "en"
    look("english")
    page.goto(page.url.split("?")[0] + "?lang=zh")
    page.fill("#comment", "请附三家比价单")
    page.click("button[value=comment]")
    page.wait_for_url("**done=comment")
    assert "请附三家比价单" in page.content()
    word = "approve" if script else "refuse"
    page.fill("#comment", "同意" if script else "预算不足")
    page.click(f"button[value={word}]")
    page.wait_for_url(f"**done={word}")
    assert page.locator("[role=status]").count() == 1 and page.locator("button[value=approve]").count() == 0, page.content()
    look(word)
    wrong = [text for text in said if "favicon" not in text and "status of 404" not in text]
    assert not wrong, f"{name}: {wrong}"
    context.close()
    print(f"{name}: the form, the diagram, a comment, {word}, both languages" + (", axe" if script else ""))


def held_against_axe(page, what):
    results = Axe().run(page)
    found = [f"{v['id']}: {v['help']}: {[n['html'][:160] for n in v['nodes'][:3]]}" for v in results.response["violations"]]
    assert not found, f"{what}: {found}"


def shoot(page, name):
    if SHOTS:
        page.screenshot(path=os.path.join(SHOTS, f"{name}.png"), full_page=True)


def sign_in(page, own):
    page.goto(f"{own}/aflow/tasks?list=todo")
    page.fill("#login", "zhangsan")
    page.fill("#password", "zhangsan")
    page.click("button")
    page.click("button[value=allow]")
    page.wait_for_url(f"{own}/aflow/tasks?list=todo")


def walk(browser, own, kind, script):
    """From the login page to the outside system's and out again."""
    context = browser.new_context(locale="zh-CN", java_script_enabled=script, **KINDS[kind])
    said = []
    opened = []

    def outside(route):
        opened.append(route.request.url)
        route.fulfill(status=200, content_type="text/html", body="<title>ERP</title>order")

    context.route("https://erp.example.com/**", outside)
    page = context.new_page()
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    sign_in(page, own)
    name = f"{kind}{'' if script else '-without-script'}"
    for tab in ["todo", "done", "started", "cc"]:
        page.goto(f"{own}/aflow/tasks?list={tab}")
        shoot(page, f"{name}-{tab}")
        if script:
            held_against_axe(page, f"{name} {tab}")
            wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 0, f"{name} {tab} is {wide} px too wide"
    page.goto(f"{own}/aflow/tasks")
    assert page.locator("article").count() == 5, page.content()
    assert "已超期" in page.locator("article").first.inner_text()
    page.fill("#q", "总经理")
    page.click("form.filters button")
    assert page.locator("article").count() == 2 and "q=" in page.url, page.content()
    page.fill("#q", "没有这样的任务")
    page.click("form.filters button")
    assert "没有符合筛选条件的任务" in page.content()
    shoot(page, f"{name}-filtered")
    page.goto(f"{own}/aflow/tasks?lang=en")
    assert page.locator("html").get_attribute("lang") == "en" and "Overdue" in page.content()
    if script:
        held_against_axe(page, f"{name} english")
    page.goto(f"{own}/aflow/tasks?lang=zh")
    page.locator("article .open a").first.click()
    page.wait_for_url("https://erp.example.com/**")
    wanted = "https://erp.example.com/h5/order?" if kind == "phone" else "https://erp.example.com/web/order?"
    assert opened[-1].startswith(wanted) and "orderId=1&taskId=T1" in opened[-1], opened
    page.goto(f"{own}/aflow/api/oauth2/callback?code=x&state=y")
    assert "sso.state" in page.content()
    shoot(page, f"{name}-failed")
    if script:
        held_against_axe(page, f"{name} failed")
    page.goto(f"{own}/aflow/tasks")
    page.click("header button")
    assert "您已退出登录" in page.content()
    shoot(page, f"{name}-signed-out")
    # The error page's own status is one of the browser's messages; the pages themselves have none.
    wrong = [text for text in said if "status of 400" not in text and "favicon" not in text and "status of 404" not in text]
    assert not wrong, f"{name}: {wrong}"
    context.close()
    print(f"{name}: signed in, four lists, search, both languages, the outside page, out" + (", axe" if script else ""))


def main():
    port, sandbox = free_port(), free_port()
    own = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as folder, open(os.path.join(folder, "log"), "w+") as log:
        served = subprocess.Popen([TENON, "up", "--sandbox", "--data", os.path.join(folder, "data"), "--listen", f"127.0.0.1:{port}",
                                   "--sandbox-listen", f"127.0.0.1:{sandbox}"], stdout=log, stderr=log)
        try:
            for _ in range(300):
                assert served.poll() is None, "tenon ended"
                try:
                    socket.create_connection(("127.0.0.1", port), 1).close()
                    break
                except OSError:
                    time.sleep(0.1)
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
                # The first sign-in binds the ERP's codes, which tasks are for.
                context = browser.new_context(locale="zh-CN")
                page = context.new_page()
                sign_in(page, own)
                shoot(page, "empty")
                held_against_axe(page, "empty")
                assert "没有待办任务" in page.content()
                context.close()
                fill(own)
                walk(browser, own, "desk", True)
                walk(browser, own, "phone", True)
                walk(browser, own, "desk", False)
                define_process(own)
                decide(browser, own, "desk", True)
                decide(browser, own, "phone", True)
                decide(browser, own, "desk", False)
                browser.close()
        except BaseException:
            log.flush()
            log.seek(0)
            print(log.read()[-3000:], file=sys.stderr)
            raise
        finally:
            served.terminate()
            served.wait(20)


main()
