"""The libraries receivers use verify real deliveries of `tenon up`, and refuse them once changed.

    verify.py TENON NODE    (NODE_PATH says where npm's library is)

A receiver on loopback gets test events of an app, first under the secret Tenon made, then under one the
customer chose. Each delivery is shown, as it came and changed in one place, to the npm and PyPI libraries of
Standard Webhooks and to the check the tenants' documentation prints for the plain signature.
"""

import base64
import hashlib
import hmac
import json
import pathlib
import queue
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

TENANT = "libraries"
OWN_SECRET = "客户自己的签名密钥-0123456789"
STANDARD = ("webhook-id", "webhook-timestamp", "webhook-signature")
CONFIG = f"""
[[openapi_apps]]
app_key = "os_libraries"
app_secret = "a-secret-for-the-calls-0123456789"
tenant = "{TENANT}"
module = "ORDER_SYNC"
"""


class Receiver(BaseHTTPRequestHandler):
    """Keeps what comes, and answers 200."""

    came = queue.Queue()

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.came.put(({name.lower(): value for name, value in self.headers.items()}, body))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def verify_webhook(callback_secret, timestamp, body, received_signature):
    """Section 7.3 of the tenants' documentation."""
    message = timestamp + body
    expected = hmac.new(callback_secret.encode(), message.encode(), hashlib.sha256).hexdigest()
    return hmac.compare_digest(expected, received_signature)


def by_document(message):
    headers = message["headers"]
    signature, timestamp = headers["x-webhook-signature"], headers["x-webhook-timestamp"]
    return verify_webhook(message["plain"], timestamp, message["body"], signature)


def by_pypi(message):
    try:
        Webhook(message["secret"]).verify(message["body"], message["headers"])
        return True
    except WebhookVerificationError:
        return False


def by_npm(messages):
    here = pathlib.Path(__file__).parent
    ran = subprocess.run(
        [sys.argv[2], here / "verify.js"], input=json.dumps(messages), capture_output=True, text=True, check=False
    )
    if ran.returncode:
        sys.exit(f"verify.js failed: {ran.stderr}")
    return json.loads(ran.stdout)


def changed(message):
    """The message with one thing changed, in each of the ways that count."""

    def with_header(name, value):
        return {**message, "headers": {**message["headers"], name: value}}

    headers, body = message["headers"], message["body"]
    yield "another body", {**message, "body": body.replace("TEST", "TEXT", 1)}
    yield "a longer body", {**message, "body": body + " "}
    later = str(int(headers["webhook-timestamp"]) + 1)
    both = {"webhook-timestamp": later, "x-webhook-timestamp": later}
    yield "another time", {**message, "headers": {**headers, **both}}
    other = base64.b64encode(bytes(32)).decode()
    yield "another secret", {**message, "secret": "whsec_" + other, "plain": "another secret of the customer"}
    yield "another id", with_header("webhook-id", headers["webhook-id"] + "0")


class Tenon:
    """A `tenon up` on data of its own, with one app."""

    def __init__(self, binary, directory, receiver):
        self.receiver = receiver
        config = pathlib.Path(directory, "tenon.toml")
        config.write_text(CONFIG)
        data = str(pathlib.Path(directory, "data"))
        token = ["token", "create", "--role", "tenant-admin", "--tenant", TENANT, "--json", "--data", data]
        self.token = json.loads(subprocess.run([binary, *token], capture_output=True, check=True).stdout)["token"]
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.url = f"http://127.0.0.1:{free.getsockname()[1]}"
        up = ["up", "--allow-loopback", "--config", str(config), "--listen", self.url[7:], "--data", data]
        self.log = open(pathlib.Path(directory, "log"), "w+b")
        self.process = subprocess.Popen([binary, *up], stdout=self.log, stderr=self.log)
        self.wait()
        self.app = self.call("POST", "/api/system/tenant-app/list", {})["records"][0]["id"]

    def wait(self):
        for _ in range(300):
            try:
                if urllib.request.urlopen(f"{self.url}/healthz", timeout=2).status == 200:
                    return
            except OSError:
                time.sleep(0.1)
        self.fail("tenon up did not answer within 30 s")

    def fail(self, why):
        self.log.seek(0)
        sys.exit(f"{why}\n{self.log.read().decode(errors='replace')[-4000:]}")

    def call(self, method, path, body):
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, json.dumps(body).encode(), headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            self.fail(f"{method} {path}: {error.code} {error.read().decode(errors='replace')}")

    def delivery(self, settings):
        """Changes the app, asks for a test event, and gives what the app says and what came."""
        app = self.call("PUT", f"/api/system/tenant-app/{self.app}", settings)
        self.call("POST", f"/api/system/tenant-app/{self.app}/webhook/test", {})
        try:
            headers, body = Receiver.came.get(timeout=30)
        except queue.Empty:
            self.fail("no delivery came within 30 s")
        return app, headers, body.decode()


def judge(name, message):
    """Shows the libraries one delivery; gives what went wrong."""
    cases = [("as it came", True, message)] + [(what, False, m) for what, m in changed(message)]
    npm = by_npm([m for _, _, m in cases])
    wrong = []
    for (what, wanted, case), of_npm in zip(cases, npm):
        verdicts = {"npm standardwebhooks": of_npm, "PyPI standardwebhooks": by_pypi(case)}
        if what != "another id":  # the plain signature does not cover it
            verdicts["section 7.3"] = by_document(case)
        wrong += [f"{name}, {what}: {who} says {said}" for who, said in verdicts.items() if said is not wanted]
        told = ", ".join(f"{who} {'takes' if said else 'refuses'} it" for who, said in verdicts.items())
        print(f"{name}, {what}: {told}")
    return wrong


def main():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/webhook"
    wrong = []
    with tempfile.TemporaryDirectory() as directory:
        tenon = Tenon(sys.argv[1], directory, url)
        try:
            app, headers, body = tenon.delivery({"callbackUrl": url})
            made = app["callbackSecret"]
            message = {"headers": headers, "body": body, "secret": made, "plain": made}
            wrong += judge("the secret Tenon made", message)
            _, headers, body = tenon.delivery({"callbackSecret": OWN_SECRET})
            secret = "whsec_" + base64.b64encode(OWN_SECRET.encode()).decode()
            message = {"headers": headers, "body": body, "secret": secret, "plain": OWN_SECRET}
            wrong += judge("the customer's secret", message)
        finally:
            tenon.process.terminate()
            tenon.process.wait(timeout=30)
    if wrong:
        sys.exit("\n".join(wrong))


main()
