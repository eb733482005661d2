"""The pages of flows and runs in a real browser: a flow that is written on the page; drafts that fail in mapping, a flow that
is mended, a dry run, a retry, an approval; a value of a form that is corrected; two hundred runs tried again at once and stopped in the middle; every width, the keys, axe, and what a screen
reader is told.

    integrations.py TENON CHROMIUM [FOLDER FOR SCREENSHOTS [FOLDER FOR THE PICTURES OF THE README]]
"""
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

import correct
import new_flow

TENON, CHROMIUM = sys.argv[1:3]
SHOTS = sys.argv[3] if len(sys.argv) > 3 else None
PICTURES = sys.argv[4] if len(sys.argv) > 4 else None
HOME = "/system/integrations"
MANY = 200
WIDTHS = [390, 768, 1440]
FIRST_LOAD = 60 * 1024
WECOM = {"corp_id": "wwsandbox0000001", "secret": "sandbox-wecom-secret", "token": "SandboxWecomToken",
         "aes_key": "c2FuZGJveHdlY29tc2FuZGJveHdlY29tc2FuZGJveHd"}
FLOW = """
[[connections]]
id = "b1-main"
kind = "b1"
base_url = "http://{sandbox}"
company_db = "SBODEMOCN"
username = "manager"
password = "sandbox-b1"
link = "https://b1.example.com/webx/{{object}}/{{key}}"

[[connections]]
id = "ding-sandbox"
kind = "dingtalk"
api_url = "http://{sandbox}"
oapi_url = "http://{sandbox}"
app_key = "dingsandboxapp"
app_secret = "sandbox-app-secret"
token = "SandboxToken"
aes_key = "SandboxSandboxSandboxSandboxSandboxSandbox1"
link = "https://oa.example.com/forms/{{instance}}"

[[connections]]
id = "wecom-sandbox"
kind = "wecom"
api_url = "http://{sandbox}"
corp_id = "{wecom[corp_id]}"
secret = "{wecom[secret]}"
token = "{wecom[token]}"
aes_key = "{wecom[aes_key]}"

[[flows]]
id = "purchase-request"
name = "采购申请审批"
kind = "approval"
every = "1h"
erp = "b1-main"
oa = "ding-sandbox"

[flows.source]
document = "draft"
object = "Drafts"
filter = "DocObjectCode eq '1470000113' and U_ISSYN eq 'N'"
page_size = 100

[flows.form]
template = "PROC-PURCHASE-REQUEST"
department = "U_BMID"
fields = [
  {{ from = "RequesterName", to = "申请人" }},
  {{ from = "DocDate", to = "单据日期", format = "date" }},
  {{ from = "{comments}", to = "备注" }},
]

[flows.form.lines]
to = "物料明细"
fields = [{{ from = "ItemCode", to = "品号" }}, {{ from = "Quantity", to = "需求数量", format = "number" }}]
""" + correct.FLOW


# One of many, which does nothing.
ANOTHER = """
[[flows]]
id = "another-{number:04}"
name = "其他流程{number}"
kind = "approval"
enabled = false
erp = "b1-main"
oa = "ding-sandbox"
source = {{ filter = "U_ISSYN eq 'N'" }}
form = {{ template = "PROC-ANOTHER-{number:04}", fields = [{{ from = "Comments", to = "备注" }}] }}
"""


def free_port():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return held.getsockname()[1]


def until(what, ask, seconds=60, pause=0.25):
    """What `ask` gives, once it gives something. Where asking takes long it is asked as often all the same."""
    end, left = time.monotonic() + seconds, seconds * 4
    while left > 0 or time.monotonic() < end:
        left -= 1
        found = ask()
        if found:
            return found
        time.sleep(pause)
    raise AssertionError(f"{what}: not within {seconds} s")


class Site:
    def __init__(self, folder):
        self.folder, self.sandbox = folder, f"127.0.0.1:{free_port()}"
        self.own = f"http://127.0.0.1:{free_port()}"
        self.config = os.path.join(folder, "tenon.toml")
        self.write(comments="NoSuchField")
        self.log = open(os.path.join(folder, "log"), "w+", encoding="utf-8")
        self.served = subprocess.Popen(
            [TENON, "--data", self.data(), "up", "--sandbox", "--config", self.config, "--listen",
             self.own.removeprefix("http://"), "--sandbox-listen", self.sandbox],
            stdout=self.log, stderr=self.log, env={**os.environ, "RUST_LOG": "warn"})
        until("tenon serves", self.is_up, 30)

    def data(self):
        return os.path.join(self.folder, "data")

    def is_up(self):
        assert self.served.poll() is None, "tenon ended"
        try:
            urllib.request.urlopen(self.own + "/healthz", timeout=2)
            return True
        except OSError:
            return False

    def write(self, comments):
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(FLOW.format(sandbox=self.sandbox, comments=comments, wecom=WECOM))

    def write_more(self, flows):
        with open(self.config, "a", encoding="utf-8") as file:
            file.writelines(ANOTHER.format(number=number) for number in range(flows))

    def tenon(self, *words):
        made = subprocess.run([TENON, "--data", self.data(), *words], check=True, capture_output=True, text=True)
        return json.loads(made.stdout) if "--json" in words else made.stdout

    def token(self, *options):
        return self.tenon("token", "create", "--json", *options)["token"]

    def by_hand(self, path, body, method="POST"):
        sent = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://{self.sandbox}/_sandbox/{path}", sent, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def draft(self, number):
        return self.by_hand("drafts", {
            "object_code": "1470000113", "fields": {"U_ISSYN": "N", "U_UserID": "zhangsan", "Comments": f"第{number}批"},
            "lines": [{"ItemCode": "11028", "Quantity": 5}]})

    def end(self):
        self.served.terminate()
        self.served.wait(20)


class Visitor:
    """Somebody who is signed in, in a browser of a width."""

    def __init__(self, browser, site, token, width=1440, script=True, locale="zh-CN"):
        self.site, self.own = site, site.own
        self.context = browser.new_context(locale=locale, java_script_enabled=script, viewport={"width": width, "height": 900})
        self.page, self.said = self.context.new_page(), []
        self.page.on("console", lambda message: self.said.append(message.text) if message.type in ("error", "warning") else None)
        self.page.on("request", self.is_ours)
        self.page.goto(f"{self.own}/system/login?return={urllib.parse.quote(HOME)}")
        self.page.fill("[name=token]", token)
        self.page.click("main button")

    def is_ours(self, request):
        assert request.url.startswith((self.own, "data:")), f"a request leaves the origin: {request.url}"

    def go(self, path):
        answer = self.page.goto(self.own + path)
        return answer.status

    def text(self):
        return self.page.locator("main").inner_text()

    def close(self):
        wrong = [text for text in self.said if "status of 4" not in text]
        assert not wrong, wrong
        self.context.close()


def look(visitor, name):
    """Held against axe, and no wider than the window."""
    page = visitor.page
    if SHOTS:
        page.screenshot(path=os.path.join(SHOTS, f"integrations-{name}.png"), full_page=True)
    found = [f"{v['id']}: {v['help']}: {[n['html'][:160] for n in v['nodes'][:3]]}" for v in Axe().run(page).response["violations"]]
    assert not found, f"{name}: {found}"
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{name} is {wide} px too wide"


def count_of(visitor, status):
    """How many runs the list says that there are of a status."""
    visitor.go(f"{HOME}/runs?since=24h")
    link = visitor.page.locator(f".statuses a[href*='status={status}'] strong")
    return int(link.inner_text().rstrip("+")) if link.count() else 0


def nothing_yet(visitor):
    visitor.go(f"{HOME}/runs")
    assert "还没有运行记录" in visitor.text(), visitor.text()
    look(visitor, "runs-nothing-yet")
    visitor.go(f"{HOME}/dead-letters")
    assert "没有死信" in visitor.text()
    print("what is empty says what to do next")


def run_now(visitor, wanted):
    """All drafts are found by a press, and fail in mapping."""
    visitor.go(f"{HOME}/flows/purchase-request")
    visitor.page.click("form[action$='/run'] button")
    visitor.page.wait_for_url("**done=run")
    assert "已开始查找单据" in visitor.text()
    until("every draft has failed", lambda: count_of(visitor, "failed") >= wanted, 120)
    visitor.go(f"{HOME}/runs?status=failed&q=nothing-has-this")
    assert "当前筛选条件下没有记录" in visitor.text()
    print(f"run now: {wanted} drafts were found and failed in mapping; a filter that hides all says so")


def mend(site, visitor, key):
    """A draft that failed: its page, the mended flow, a dry run, a retry, the approval."""
    page = visitor.page
    visitor.go(f"{HOME}/runs?status=failed&document={key}&since=28d")
    assert "status=failed" in page.url and page.locator("tbody tr").count() == 1, visitor.text()
    page.locator("tbody th a").first.click()
    page.wait_for_url(f"**{HOME}/runs/r*")
    told = visitor.text()
    assert "flow.mapping" in told and "NoSuchField" in told and "处理办法" in told, told
    look(visitor, "run-failed")
    own = page.url
    if PICTURES:
        page.set_viewport_size({"width": 1100, "height": 760})
        page.screenshot(path=os.path.join(PICTURES, "page-run.png"))
        page.set_viewport_size({"width": 1440, "height": 900})
    site.write(comments="Comments")
    site.tenon("apply", "--config", site.config)

    def dry_run():
        visitor.go(f"{HOME}/flows/purchase-request")
        page.fill("#document", str(key))
        page.click("form[action*='/preview'] button")
        return "试运行完成，未写入任何内容" in visitor.text()

    # A configuration is seen within half a minute.
    until("the dry run goes by the mended flow", dry_run, 60)
    assert "备注" in visitor.text(), visitor.text()
    look(visitor, "dry-run")
    page.locator("a.button", has_text="重试该单据的运行").click()
    page.wait_for_url(own)
    page.keyboard.press("r")
    page.wait_for_url("**done=retry")
    instance = until("the form is in the OA", lambda: form_of(visitor, own))
    assert page.locator("a[href^='https://oa.example.com/forms/']").count() == 1
    assert page.locator(f"a[href='https://b1.example.com/webx/Drafts/{key}']").count() == 1
    site.by_hand(f"instances/{instance}/approve", {"remark": "同意"})
    until("the decision is written back", lambda: visitor.go(urllib.parse.urlsplit(own).path) and "成功" in page.locator("h1").inner_text())
    told = visitor.text()
    assert "↻ 第2次尝试" in told and "操作员重试" in told and " ms" in told, told
    look(visitor, "run-approved")
    visitor.go(f"{HOME}/flows/purchase-request")
    page.locator("ol.versions summary").first.click()
    assert "NoSuchField" in page.locator("ol.versions del").first.inner_text()
    visitor.go(f"{HOME}/audit")
    assert "retry-run" in visitor.text(), visitor.text()
    print("a draft failed in mapping, its flow was mended, a dry run showed it, the retry was approved")


def form_of(visitor, own):
    visitor.go(urllib.parse.urlsplit(own).path)
    found = visitor.page.locator("dl.facts dd:has(a[href^='https://oa.example.com/']) code")
    return found.inner_text() if found.count() else None


def try_many(site, visitor, many):
    """A review, a job, and its end in the middle."""
    page = visitor.page
    visitor.go(f"{HOME}/runs?status=failed&since=24h")
    page.locator("a.button", has_text="重试全部符合条件的").click()
    page.wait_for_url(f"**{HOME}/retry?**")
    told = visitor.text()
    assert re.search(rf"\b{many}\b", told) and page.locator("tbody tr").count() == 20, told
    look(visitor, "review")
    page.fill("#reason", "映射已修正")
    page.click("form[action$='/retry'] button")
    page.wait_for_url(f"**{HOME}/jobs/**")
    # A job of this size may be over in a second.
    until("the job is in the middle", lambda: page.reload() and progress(page)[0] > 0, 30, pause=0)
    page.click("form[action$='/cancel'] button")
    page.wait_for_url("**done=cancel")
    time.sleep(1.0)
    visitor.go(urllib.parse.urlsplit(page.url).path)
    done, whole = progress(page)
    assert 0 < done < whole == many, (done, whole)
    assert "已取消" in page.locator("#progress h2").first.inner_text()
    look(visitor, "job")
    rows = [row.inner_text() for row in page.locator("#progress tbody tr").all()]
    assert len(rows) == many and sum("已取消" in row for row in rows) == many - done, (len(rows), done)
    # What was put back becomes a form once; what was not is as it was.
    until("what was put back is in the OA", lambda: count_of(visitor, "failed") == many - done, 120)
    forms = site.by_hand("snapshot", None, "GET")["dingtalk"]["instances"]
    assert len(forms) == done + 1, (len(forms), done)
    print(f"bulk retry of {many}, cancelled after {done}: {many - done} stayed as they were, none was done twice")


def progress(page):
    return tuple(map(int, re.search(r"(\d+) / (\d+)", page.locator("#progress").inner_text()).groups()))


def widths(browser, site, token, run, waiting):
    for width in WIDTHS:
        visitor = Visitor(browser, site, token, width)
        for name, path in [("flows", HOME), ("flow", f"{HOME}/flows/purchase-request"), ("runs", f"{HOME}/runs"),
                           ("run", run), ("connections", f"{HOME}/connections"), ("audit", f"{HOME}/audit"),
                           ("processes", f"{HOME}/processes"), ("data-sync", f"{HOME}/data-sync"),
                           ("dead-letters", f"{HOME}/dead-letters"), ("alarms", f"{HOME}/alarms"),
                           ("alarms-english", f"{HOME}/alarms?lang=en"), ("flows-english", f"{HOME}?lang=en")]:
            assert visitor.go(path) == 200, path
            look(visitor, f"{name}-{width}")
        new_flow.at_width(visitor, look, width)
        correct.at_width(visitor, look, width, waiting)
        visitor.close()
    print(f"every page at {', '.join(map(str, WIDTHS))} px, in both languages, axe")


def first_load(browser, site, token):
    visitor = Visitor(browser, site, token)
    visitor.go(f"{HOME}/runs")
    ask = """() => performance.getEntriesByType('navigation').concat(performance.getEntriesByType('resource'))
             .map(entry => entry.encodedBodySize).reduce((sum, size) => sum + size, 0)"""
    weight = visitor.page.evaluate(ask)
    assert 0 < weight <= FIRST_LOAD, weight
    visitor.close()
    print(f"first load of the list of runs: {weight} bytes")


def keys(browser, site, token):
    visitor = Visitor(browser, site, token)
    page = visitor.page
    visitor.go(f"{HOME}/runs")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "q"
    page.keyboard.press("Tab")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    assert page.evaluate("document.activeElement.closest('[data-row]') === document.querySelectorAll('[data-row]')[0]")
    page.keyboard.press("?")
    assert page.locator("dialog[open]").count() == 1
    page.keyboard.press("Escape")
    visitor.close()
    print("keys: / j k ?")


def live(browser, site, token):
    """The bar says what is new, and rows stay where they are."""
    visitor = Visitor(browser, site, token)
    page = visitor.page
    visitor.go(f"{HOME}/runs?since=24h")
    first = page.locator("tbody tr").first.inner_text()
    site.draft(9_001)
    site.tenon("run", "purchase-request")
    page.locator("#live a.button").wait_for(timeout=20_000)
    assert "条新记录" in page.locator("#live").inner_text() and page.locator("tbody tr").first.inner_text() == first
    page.locator("#live a.button").click()
    page.wait_for_load_state()
    assert page.locator("tbody tr").first.inner_text() != first
    visitor.close()
    print("new runs are told by a bar")


def in_words(browser, site, token, run):
    """What a screen reader is told of the three main pages."""
    visitor = Visitor(browser, site, token, locale="en-GB")
    for path, wanted in [
        (f"{HOME}?lang=en", ["navigation \"Integrations\"", "table \"Flows and how they stand\"", "columnheader \"Lag\"",
                             "link \"采购申请审批\"", "img \"Last 24 hours:"]),
        (f"{HOME}/runs?lang=en", ["search", "combobox \"Flow\"", "navigation \"State\"", "table \"Runs, newest first\"",
                                  "columnheader \"Document\"", "status"]),
        (f"{run}?lang=en", ["heading \"Timeline\"", "heading \"map to form\"", "link \"Open in the ERP\"", "term: Run id"]),
    ]:
        visitor.go(path)
        tree = visitor.page.locator("body").aria_snapshot()
        for words in wanted:
            assert words in tree, f"{path}: no {words} in\n{tree}"
    visitor.close()
    print("what a screen reader is told of flows, runs and a run")


def others(browser, site, run, waiting):
    """Who may only look has nothing to press and is refused; a tenant's administrator does not get there."""
    looker = Visitor(browser, site, site.token("--role", "operator", "--name", "looker", "--scope", "MENU_TENANT_APP_VIEW"))
    for path in [HOME, f"{HOME}/flows/purchase-request", f"{HOME}/runs", run, waiting, f"{HOME}/connections",
                 f"{HOME}/alarms"]:
        assert looker.go(path) == 200
        forms = looker.page.locator("main form[method=post]").count()
        assert forms == 0, f"{path} has {forms} forms for who may only look"
    assert looker.go(f"{waiting}/correct") == 403
    looker.go(run)
    refused = looker.page.evaluate("""async path => {
        const csrf = document.querySelector('[name=_csrf]').value;
        const body = new URLSearchParams({ _csrf: csrf, _once: 'x' });
        return (await fetch(path, { method: 'POST', body })).status;
    }""", f"{run}/retry")
    assert refused == 403, refused
    looker.close()
    tenant = Visitor(browser, site, site.token("--role", "tenant-admin", "--tenant", "t-1"))
    assert tenant.go(HOME) == 403 and tenant.page.locator(f"nav a[href^='{HOME}']").count() == 0
    tenant.close()
    print("who may only look has nothing to press; a tenant's administrator does not get there")


def without_script(browser, site, token, run):
    visitor = Visitor(browser, site, token, 390, script=False)
    page = visitor.page
    visitor.go(f"{HOME}/runs")
    page.fill("#document", "1")
    page.click("form[role=search] button")
    assert "document=1" in page.url
    visitor.go(f"{HOME}/connections")
    page.locator("#b1-main button").click()
    page.wait_for_url("**done=check**")
    assert "正常" in page.locator("#b1-main h2").inner_text(), visitor.text()
    visitor.go(f"{HOME}/flows/purchase-request")
    page.click("form[action$='/off'] button")
    assert "流已关闭" in visitor.text() and "已关闭" in page.locator("h1").inner_text()
    page.click("form[action$='/on'] button")
    assert "流已开启" in visitor.text()
    visitor.close()
    print("without script: a filter, a check, off and on")


def many_flows(browser, site, token):
    """With a thousand flows one is typed, by its id or name, with script and without; the list stays as light."""
    site.write_more(1_000)
    site.tenon("apply", "--config", site.config)
    visitor = Visitor(browser, site, token)
    # A configuration is seen within half a minute.
    until("the list knows a thousand flows",
          lambda: visitor.go(f"{HOME}/runs") and visitor.page.locator("input#flow").count() == 1, 60)
    visitor.close()
    for width, script in [(390, True), (1440, True), (390, False)]:
        visitor = Visitor(browser, site, token, width, script)
        page = visitor.page
        for language, label in [("en", "Flow (id or name)"), ("zh", "流（编号或名称）")]:
            visitor.go(f"{HOME}/runs?lang={language}")
            page.get_by_label(label).fill("流程77")
            page.click("form[role=search] button")
            assert "flow=" in page.url and page.locator("div.nothing li a").count() == 11, visitor.text()
            if script:
                look(visitor, f"flows-to-choose-{language}-{width}")
            page.locator("div.nothing li a", has_text="其他流程771").click()
            assert page.locator("#flow").input_value() == "another-0771", page.url
            page.get_by_label(label).fill("采购申请审批")
            page.click("form[role=search] button")
            assert page.locator("#flow").input_value() == "purchase-request" and page.locator("tbody tr").count() > 0
            if script:
                look(visitor, f"flow-typed-{language}-{width}")
        visitor.close()
    first_load(browser, site, token)
    print("a thousand flows: one is typed by its id or name, in both languages, with script and without, axe")


def main():
    with tempfile.TemporaryDirectory() as folder:
        site = Site(folder)
        try:
            token = site.token("--role", "operator", "--name", "操作员")
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
                visitor = Visitor(browser, site, token)
                nothing_yet(visitor)
                new_flow.new_flow(site, visitor, look, until)
                drafts = [site.draft(number) for number in range(MANY + 1)]
                key = drafts[0].get("DocEntry") or drafts[0]["key"]
                run_now(visitor, MANY + 1)
                mend(site, visitor, key)
                run = urllib.parse.urlsplit(run_of(visitor, key)).path
                try_many(site, visitor, MANY)
                waiting = correct.correct(site, visitor, look, until)
                visitor.go(HOME)
                if PICTURES:
                    visitor.page.set_viewport_size({"width": 1100, "height": 420})
                    visitor.page.screenshot(path=os.path.join(PICTURES, "page-integrations.png"))
                visitor.close()
                widths(browser, site, token, run, waiting)
                first_load(browser, site, token)
                keys(browser, site, token)
                live(browser, site, token)
                in_words(browser, site, token, run)
                others(browser, site, run, waiting)
                without_script(browser, site, token, run)
                many_flows(browser, site, token)
                browser.close()
        except BaseException:
            site.log.flush()
            site.log.seek(0)
            print(site.log.read()[-3000:], file=sys.stderr)
            raise
        finally:
            site.end()


def run_of(visitor, key):
    visitor.go(f"{HOME}/runs?document={key}&since=28d")
    return visitor.page.locator("tbody th a").first.get_attribute("href")


main()
