"""The console in a real browser: signing in by a link, a trial whose key signs a call that appears in the log, a push that
fails and is sent again, sessions that end, forms of other sites; every page of both roles at three widths, held against axe.

    console.py TENON CHROMIUM [FOLDER FOR SCREENSHOTS]
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
import urllib.parse

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Error, sync_playwright

TENON, CHROMIUM = sys.argv[1:3]
SHOTS = sys.argv[3] if len(sys.argv) > 3 else None
ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(ROOT, "examples/clients/python"))
import client  # noqa: E402

WIDTHS = {"desk": (1440, 900), "tablet": (768, 1024), "phone": (390, 844)}
# Compressed, on a first load: page, styles, scripts.
HEAVIEST = 60 * 1024


def free_port():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return held.getsockname()[1]


class Customer(http.server.BaseHTTPRequestHandler):
    """A customer's endpoint, which fails until it is mended."""
    status = 500
    taken = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        Customer.taken.append((Customer.status, body))
        self.send_response(Customer.status)
        self.end_headers()
        self.wfile.write(b"the receiver says so")

    def log_message(self, *_):
        pass


class Attacker(http.server.BaseHTTPRequestHandler):
    """A page of somebody else, with a form that goes to the console."""
    target = ""

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(f'<form method="post" action="{Attacker.target}"><button>win</button></form>'.encode())

    def log_message(self, *_):
        pass


def serve(handler):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_port


class Console:
    def __init__(self, own, data, browser):
        self.own, self.data, self.browser = own, data, browser

    def tenon(self, *words):
        done = subprocess.run([TENON, "--data", self.data, *words, "--json"], check=True, capture_output=True)
        return json.loads(done.stdout)

    def open(self, kind="desk", script=True, tenant=None):
        """A window that has signed in by a link, and what it said and asked for."""
        width, height = WIDTHS[kind]
        context = self.browser.new_context(locale="zh-CN", java_script_enabled=script, viewport={"width": width, "height": height},
                                           permissions=["clipboard-read", "clipboard-write"])
        page = context.new_page()
        page.said, page.asked = [], []
        page.on("console", lambda message: page.said.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: page.said.append(str(error)))
        page.on("request", lambda request: page.asked.append(request.url))
        link = self.tenon("login", *(["--tenant", tenant] if tenant else []))
        page.token_id = link["tokenId"]
        page.goto(link["url"])
        page.click("main button")
        page.wait_for_url(lambda url: "/system/login" not in url)
        page.goto(f"{self.own}/system/app-store")
        return page

    def close(self, page, expected=()):
        foreign = [url for url in page.asked if not url.startswith((self.own, "data:"))]
        assert not foreign, f"a request left the origin: {foreign}"
        wrong = [text for text in page.said if not any(word in text for word in expected)]
        assert not wrong, wrong
        page.context.close()


def held_against_axe(page, what):
    results = Axe().run(page)
    found = [f"{v['id']}: {v['help']}: {[n['html'][:160] for n in v['nodes'][:3]]}" for v in results.response["violations"]]
    assert not found, f"{what}: {found}"


def looked_at(page, name):
    """Not too wide, without a violation, nothing inline."""
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0, f"{name} is {wide} px too wide"
    inline = page.evaluate("document.querySelectorAll('[style], style, script:not([src])').length")
    assert inline == 0, f"{name} has {inline} inline scripts or styles"
    held_against_axe(page, name)
    if SHOTS:
        page.screenshot(path=os.path.join(SHOTS, f"console-{name}.png"), full_page=True)


def shown(page, name):
    return page.locator(f"#value-{name}").inner_text()


def until(page, text, seconds=30):
    page.wait_for_function("text => document.body.innerText.includes(text)", arg=text, timeout=seconds * 1000)


def try_call_and_see(console):
    """Trial, key, signed call, log."""
    page = console.open(tenant="t-1")
    assert page.locator("main li[data-row]").count() == 4
    looked_at(page, "desk-store")
    page.locator("main li[data-row]").first.locator("a.button").first.click()
    looked_at(page, "desk-app-of-store")
    with page.expect_navigation():
        page.click("#trial button")
    assert page.url.endswith("/trial"), page.url
    key, secret = shown(page, "appkey"), shown(page, "appsecret")
    assert key.startswith("os_") and len(secret) == 43 and secret not in page.url
    looked_at(page, "desk-secret")
    page.locator("button[data-copy=value-appsecret]").click()
    assert page.evaluate("navigator.clipboard.readText()") == secret
    page.click("section.once form button")
    assert page.url.endswith("/trial"), "not before the box is ticked"
    page.check("input[name=stored]")
    page.click("section.once form button")
    page.wait_for_url("**/system/tenant-management/apps/app-*")
    assert secret not in page.content() and secret not in page.url and "****" in page.content()
    app = page.url.split("?")[0]
    try:
        page.go_back()
    except Error as kept:
        # The browser has nothing of it to go back to.
        assert "ERR_CACHE_MISS" in str(kept), kept
    page.wait_for_timeout(500)
    page.goto(app)
    assert secret not in page.content()
    orders = client.Client(console.own, key, secret)
    made = orders.call("POST", "/openapi/v1/orders/create", {"styleNo": "FZ2024001", "quantity": 500})
    try:
        orders.call("POST", "/openapi/v1/orders/create", {"quantity": 1})
    except Exception as refused:
        print("refused as it must be:", str(refused)[:60])
    for _ in range(60):
        page.goto(f"{console.own}/system/tenant-management?tab=logs&status=SUCCESS")
        if page.locator("tr[data-row]").count():
            break
        time.sleep(0.5)
    assert page.locator("tr[data-row]").count() == 1, page.content()
    page.locator("tr[data-row] a").first.click()
    assert made["orderNo"] in page.content() and "APP_SECRET" in page.content() and secret not in page.content()
    looked_at(page, "desk-call")
    # What is copied is a call that is answered.
    curl = page.locator("#curl").inner_text()
    again = subprocess.run(["bash", "-c", curl], env={**os.environ, "APP_SECRET": secret}, capture_output=True, text=True)
    assert '"code":200' in again.stdout, (curl, again.stdout, again.stderr)
    keyboard(console, page)
    console.close(page, ["status of 404"])
    print("a trial, its key once, a signed call in the log, the same call from the page")
    return app


def keyboard(console, page):
    page.goto(f"{console.own}/system/tenant-management?tab=logs")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "path"
    page.keyboard.press("Escape")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("j")
    first = page.evaluate("document.activeElement.href")
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.href") != first
    page.keyboard.press("k")
    assert page.evaluate("document.activeElement.href") == first
    page.keyboard.press("?")
    assert page.locator("dialog#keys").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator("dialog#keys").is_visible()


def fail_and_send_again(console, app):
    """A push fails; the receiver is mended; it is sent again, by a key, and arrives."""
    page = console.open(tenant="t-1")
    page.goto(app)
    page.fill("#callbackUrl", f"http://127.0.0.1:{console.customer}/hook")
    page.locator(f"form[action='{urllib.parse.urlsplit(app).path}'] button").click()
    assert shown(page, "callbacksecret").startswith("whsec_")
    page.goto(f"{app}/webhook")
    page.click("text=发送测试推送")
    page.wait_for_url("**/webhook/deliveries/msg_*")
    until(page, "HTTP 500")
    assert page.locator("ol.history li").count() >= 1
    looked_at(page, "desk-delivery")
    page.goto(f"{app}/webhook?state=pending")
    looked_at(page, "desk-webhook")
    Customer.status = 200
    page.keyboard.press("j")
    page.keyboard.press("r")
    page.wait_for_url("**/webhook/deliveries/msg_*done=again")
    # The attempts are asked for again by themselves.
    until(page, "已送达", 40)
    assert Customer.taken[-1][0] == 200 and b"TEST" in Customer.taken[-1][1], Customer.taken
    page.goto(f"{app}/webhook")
    page.fill("#range-from", "2026-01-01T00:00")
    page.click("#range-title + form button")
    page.wait_for_url("**/webhook/jobs/rs-*")
    until(page, "已完成", 40)
    looked_at(page, "desk-job")
    console.close(page)
    print("a push failed, was sent again by the key r, and arrived; a range was sent again")


def without_script(console):
    page = console.open("phone", False, "t-2")
    page.goto(f"{console.own}/system/app-store/PAYMENT_SYNC")
    for name, value in {"contactName": "王小明", "contactPhone": "13800000000", "invoiceTitle": "某某服饰有限公司",
                        "invoiceTaxNo": "91310000MA1K00000X"}.items():
        page.fill(f"#{name}", value)
    page.check("input[name=invoiceRequired]")
    page.click("#order button")
    page.wait_for_url("**/system/app-store/orders?done=ORD*")
    assert "待付款" in page.content() and "91310000MA1K00000X" in page.content()
    page.goto(f"{console.own}/system/app-store/ORDER_SYNC")
    page.click("#trial button")
    secret = shown(page, "appsecret")
    page.check("input[name=stored]")
    page.click("section.once form button")
    page.wait_for_url("**/system/tenant-management/apps/app-*")
    page.locator("details.more summary").first.click()
    page.locator("form[action$='/secret'] button").click()
    assert shown(page, "appsecret") != secret
    page.click("header a[lang=en]")
    console.close(page, ["status of 404", "status of 405"])
    operator = console.open("desk", False)
    operator.goto(f"{console.own}/system/app-store/orders?status=PENDING")
    operator.locator("details.more summary").first.click()
    operator.locator("form[action*='/activate'] button").click()
    assert shown(operator, "appkey").startswith("os_")
    console.close(operator)
    print("without script: an order with its invoice, a trial, another secret, an order marked paid")


def sessions_end(console):
    page = console.open(tenant="t-1")
    cookie = next(own for own in page.context.cookies() if own["name"] == "__Host-tenon")
    assert cookie["secure"] and cookie["httpOnly"] and cookie["sameSite"] == "Lax" and cookie["path"] == "/", cookie
    assert 7.9 * 3600 < cookie["expires"] - time.time() <= 8 * 3600 + 5, cookie
    assert "__Host-tenon" not in page.evaluate("document.cookie")
    # A cookie that was stolen is good for nothing once its owner has signed out.
    thief = console.browser.new_context()
    thief.add_cookies([{key: cookie[key] for key in ("name", "value", "domain", "path", "secure", "httpOnly", "sameSite")}])
    stolen = thief.new_page()
    stolen.goto(f"{console.own}/system/app-store")
    assert stolen.url.endswith("/system/app-store")
    page.click("header button")
    page.wait_for_url("**/system/login?out=1")
    assert "您已退出登录" in page.content()
    looked_at(page, "desk-login")
    stolen.goto(f"{console.own}/system/app-store")
    assert "/system/login" in stolen.url, stolen.url
    thief.close()
    # A token that is revoked ends what is open; a form that comes too late is told so.
    late = console.open(tenant="t-1")
    late.goto(f"{console.own}/system/app-store/LOGISTICS_SYNC")
    console.tenon("token", "revoke", late.token_id)
    late.click("#trial button")
    assert "登录已失效" in late.content()
    looked_at(late, "desk-session-over")
    late.goto(f"{console.own}/system/tenant-management?tab=apps")
    assert urllib.parse.quote("/system/tenant-management?tab=apps", safe="") in late.url, late.url
    console.close(late, ["status of 401"])
    console.close(page)
    print("sessions end by signing out and with their token; a stolen cookie with them")


def forms_of_others(console):
    page = console.open(tenant="t-3")
    for host in ("localhost", "127.0.0.1"):
        for target in ("/system/app-store/ORDER_SYNC/trial", "/system/logout", "/system/login"):
            Attacker.target = console.own + target
            other = page.context.new_page()
            other.goto(f"http://{host}:{console.attacker}/")
            with other.expect_navigation():
                other.click("button")
            assert "只能从本系统的页面提交" in other.content(), other.content()
            other.close()
    page.goto(f"{console.own}/system/app-store/ORDER_SYNC")
    assert page.locator("#trial button").count() == 1, "nothing was begun, and nobody was signed out"
    console.close(page, ["status of 403"])
    print("forms of another site, and of another port, change nothing")


def pattern(url):
    parts = urllib.parse.urlsplit(url)
    path = re.sub(r"/(app-|msg_|rs-|call-|ORD)[^/]+", r"/\1", parts.path)
    kept = [pair for pair in urllib.parse.parse_qsl(parts.query) if pair[0] in ("tab", "days")]
    return path, tuple(kept)


def every_page(console, role, starts, tenant=None):
    """What can be reached, at three widths."""
    seen = {}
    for kind in WIDTHS:
        page = console.open(kind, True, tenant)
        todo, done = [console.own + start for start in starts], set()
        while todo:
            url = todo.pop()
            if pattern(url) in done:
                continue
            done.add(pattern(url))
            answer = page.goto(url)
            assert answer.status == 200, (url, answer.status)
            name = re.sub(r"\W+", "-", f"{kind}-{role}{pattern(url)[0].removeprefix('/system')}" +
                          "-".join(value for _, value in pattern(url)[1])).strip("-")
            looked_at(page, name)
            links = page.eval_on_selector_all("a[href]", "all => all.map(a => a.href)")
            own = (f"{console.own}/system/app-store", f"{console.own}/system/tenant-management")
            todo += [link for link in links if link.startswith(own) and "lang=" not in link]
        seen[kind] = done
        console.close(page)
    assert len(seen["desk"]) > 8 and seen["desk"] == seen["phone"] == seen["tablet"], seen
    print(f"{role}: {len(seen['desk'])} pages at {len(WIDTHS)} widths, axe without violations")


def weight(console, app):
    """What a first load brings over the line."""
    page = console.open(tenant="t-1")
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    brought = []
    session.on("Network.loadingFinished", lambda event: brought.append(event["encodedDataLength"]))
    for url in ("/system/app-store", "/system/tenant-management", "/system/tenant-management?tab=logs"):
        brought.clear()
        page.goto(console.own + url, wait_until="networkidle")
        assert 0 < sum(brought) <= HEAVIEST, (url, sum(brought))
        print(f"first load of {url}: {sum(brought)} bytes")
    console.close(page)


def read_aloud(console):
    """What a screen reader is told of the main pages."""
    page = console.open(tenant="t-1")
    wanted = {
        "/system/app-store": ["heading \"应用商店\" [level=1]", "navigation \"主菜单\"", "link \"下单对接\"", "link \"免费试用 质检反馈\""],
        "/system/tenant-management": ["heading \"客户应用管理\" [level=1]", "img \"每日调用次数:", "table \"每日配额"],
        "/system/tenant-management?tab=logs": ["search", "searchbox \"路径开头\"", "table \"日志查询\"", "columnheader \"结果\""],
    }
    for url, words in wanted.items():
        page.goto(console.own + url)
        told = page.locator("body").aria_snapshot()
        for word in words:
            assert word in told, (url, word, told)
    console.close(page)
    print("three pages are told in words")


def main():
    port, sandbox = free_port(), free_port()
    own = f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as folder, open(os.path.join(folder, "log"), "w+") as log:
        data = os.path.join(folder, "data")
        served = subprocess.Popen([TENON, "up", "--sandbox", "--allow-loopback", "--data", data, "--listen", f"127.0.0.1:{port}",
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
                console = Console(own, data, browser)
                console.customer, console.attacker = serve(Customer), serve(Attacker)
                app = try_call_and_see(console)
                fail_and_send_again(console, app)
                without_script(console)
                sessions_end(console)
                forms_of_others(console)
                weight(console, app)
                read_aloud(console)
                every_page(console, "tenant", ["/system/app-store", "/system/tenant-management?tab=apps"], "t-1")
                every_page(console, "operator", ["/system/app-store", "/system/tenant-management?tenantId=t-1"])
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
