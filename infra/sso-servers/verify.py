"""Single sign-on against servers that we did not write: npm's oidc-provider and PyPI's Authlib.

    verify.py TENON NODE

Each is started on loopback, signed in at as a browser does it, and stopped. The person is pushed as an ERP pushes
one, signed, and found by the user id that the server tells.
"""
import hashlib
import http.client
import html
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
TENON, NODE = sys.argv[1:3]
CLIENT, SECRET = "aiflow", "a-secret-of-the-client"
ENTERPRISE, APP, APP_SECRET = "COMPANY001", "APP001", "a-secret-of-the-erp-1"


def free_port():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return held.getsockname()[1]


class Browser:
    """Keeps cookies by port and follows redirects one by one."""

    def __init__(self):
        self.jars = {}

    def ask(self, method, url, form=None, headers=None):
        parts = urllib.parse.urlsplit(url)
        jar = self.jars.setdefault(parts.netloc, {})
        sent = {"Accept": "text/html", "Host": parts.netloc, **(headers or {})}
        if jar:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in jar.items())
        body = None
        if form is not None:
            body = urllib.parse.urlencode(form)
            sent["Content-Type"] = "application/x-www-form-urlencoded"
        connection = http.client.HTTPConnection(parts.netloc, timeout=20)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request(method, target, body, sent)
        answer = connection.getresponse()
        text = answer.read().decode("utf-8", "replace")
        for line in answer.headers.get_all("set-cookie") or []:
            name, value = line.split(";")[0].split("=", 1)
            if "max-age=0" in line.lower() or "expires=thu, 01 jan 1970" in line.lower():
                jar.pop(name, None)
            else:
                jar[name] = value
        location = answer.headers.get("location")
        connection.close()
        return answer.status, urllib.parse.urljoin(url, location) if location else None, text

    def walk(self, url, own):
        """Follows redirects and fills in forms until an address of our own comes; that address."""
        for _ in range(20):
            status, location, text = self.ask("GET", url)
            while location is None:
                form = re.search(r"<form.*?</form>", text, re.S)
                assert form, f"{url} was answered {status}: {text[:2000]}"
                action = re.search(r'action="([^"]+)"', form[0])
                fields = {}
                for field in re.findall(r"<input[^>]*>", form[0]):
                    name = re.search(r'name="([^"]+)"', field)
                    value = re.search(r'value="([^"]*)"', field)
                    if name:
                        fields[name[1]] = html.unescape(value[1]) if value else "zhangsan"
                target = urllib.parse.urljoin(url, html.unescape(action[1])) if action else url
                status, location, text = self.ask("POST", target, fields)
                url = target
            if location.startswith(f"{own}/"):
                return location
            url = location
        raise AssertionError("the way did not end")


def wait_for(url, process):
    for _ in range(300):
        assert process.poll() is None, "a server ended"
        try:
            parts = urllib.parse.urlsplit(url)
            connection = http.client.HTTPConnection(parts.netloc, timeout=2)
            connection.request("GET", parts.path or "/")
            connection.getresponse().read()
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"{url} was not ready after half a minute")


def push_person(own):
    """As the ERP pushes one: its department first."""
    for path, body in [
        ("/aflow/api/sys/sync/department", {"departments": [{"deptId": "D10", "deptName": "采购部"}]}),
        ("/aflow/api/sys/sync/user", {"users": [{"userId": "zhangsan", "userName": "zhangsan", "realName": "张三",
                                                  "mobile": "13800000001", "deptId": "D10"}]}),
    ]:
        text, now = json.dumps(body), str(int(time.time() * 1000))
        inner = hashlib.md5((ENTERPRISE + APP_SECRET + text + now).encode()).hexdigest()
        cipher = hashlib.md5(inner.encode()).hexdigest()
        claim = f'{{"enterpriseCode":"{ENTERPRISE}","appId":"{APP}","timestamp":{now},"cipher":"{cipher}"}}'
        parts = urllib.parse.urlsplit(own)
        connection = http.client.HTTPConnection(parts.netloc, timeout=20)
        headers = {"Content-Type": "application/json", "A-Signature": claim.encode().hex().upper()}
        connection.request("POST", path, text.encode(), headers)
        told = json.loads(connection.getresponse().read())
        assert told["status"] == 0 and told["data"]["successCount"] == 1, told


def signed_in(own, name):
    browser = Browser()
    status, location, _ = browser.ask("GET", f"{own}/aflow/tasks?list=done")
    assert status == 302 and not location.startswith(f"{own}/"), (status, location)
    callback = browser.walk(location, own)
    assert callback.startswith(f"{own}/aflow/api/oauth2/callback?"), callback
    status, location, text = browser.ask("GET", callback)
    assert (status, location) == (302, f"{own}/aflow/tasks?list=done"), (status, location, text)
    status, _, text = browser.ask("GET", location)
    assert status == 200 and "张三" in text, (status, text[:500])
    status, _, text = browser.ask("GET", callback)
    assert status == 400 and "sso.state" in text, status
    mine = browser.jars[urllib.parse.urlsplit(own).netloc]
    before = mine["__Host-aflow-refresh"]
    for _ in range(2):
        status, _, text = browser.ask("POST", f"{own}/aflow/api/oauth2/refresh", headers={"Sec-Fetch-Site": "same-origin"})
        assert status == 200, (status, text)
    assert mine["__Host-aflow-refresh"] != before
    stranger = Browser()
    status, _, text = stranger.ask("GET", callback)
    assert status == 400, status
    print(f"{name}: signed in, came back to the page, refreshed twice; the callback counted once")


def against(name, command, keys):
    port, own_port = free_port(), free_port()
    own, server_url = f"http://127.0.0.1:{own_port}", f"http://127.0.0.1:{port}"
    with tempfile.TemporaryDirectory() as folder:
        lines = {"enabled": True, "client_id": CLIENT, "client_secret": SECRET, "public_url": own,
                 "enterprise_code": ENTERPRISE, **{key: value.format(server_url) for key, value in keys.items()}}
        config = os.path.join(folder, "tenon.toml")
        with open(config, "w") as file:
            file.write("[sso]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in lines.items()))
            file.write(f'\n[[aiflow_apps]]\nenterprise_code = "{ENTERPRISE}"\napp_id = "{APP}"\napp_secret = "{APP_SECRET}"\n')
        arguments = [str(port), f"{own}/aflow/api/oauth2/callback", CLIENT, SECRET]
        log = open(os.path.join(folder, "log"), "w+")
        processes = []
        try:
            processes.append(subprocess.Popen([*command, *arguments], stdout=log, stderr=log))
            wait_for(server_url, processes[-1])
            processes.append(subprocess.Popen(
                [TENON, "up", "--config", config, "--data", os.path.join(folder, "data"), "--listen", f"127.0.0.1:{own_port}",
                 "--allow-loopback"], stdout=log, stderr=log))
            wait_for(f"{own}/healthz", processes[-1])
            push_person(own)
            signed_in(own, name)
        except BaseException:
            log.seek(0)
            print(log.read()[-4000:], file=sys.stderr)
            raise
        finally:
            for process in reversed(processes):
                process.terminate()
            for process in processes:
                process.wait(20)


against("oidc-provider", [NODE, os.path.join(HERE, "oidc.js")],
        {"redirect_uri": "{}/auth", "token_url": "{}/token", "userinfo_url": "{}/me",
         "scope": "openid offline_access email phone department"})
against("Authlib", [sys.executable, os.path.join(HERE, "authlib_server.py")],
        {"redirect_uri": "{}/oauth/authorize", "scope": "basic"})
