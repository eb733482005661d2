"""A client of the signed API. Standard library only; see ../README.md for the environment variables."""

import hashlib
import hmac
import json
import os
import secrets
import sys
import time
import urllib.error
import urllib.request

FIVE_MINUTES = 300


def sign(app_key, app_secret, version, method, path, query, body):
    """The headers of one call. `body` is the exact bytes that are sent, b"" when there are none."""
    timestamp = str(int(time.time() * 1000))
    headers = {"X-App-Key": app_key, "X-Timestamp": timestamp}
    if version == "1":
        message = (app_key + timestamp).encode() + body
    else:
        nonce = secrets.token_hex(16)  # never the same one twice
        headers.update({"X-Signature-Version": "2", "X-Nonce": nonce})
        pieces = sorted(piece.encode() for piece in query.split("&") if piece)
        lines = [method, path, b"&".join(pieces).decode(), hashlib.sha256(body).hexdigest(), timestamp, nonce, app_key]
        message = "\n".join(lines).encode()
    headers["X-Signature"] = hmac.new(app_secret.encode(), message, hashlib.sha256).hexdigest()
    return headers


def verify(callback_secret, timestamp, body, signature, now=None):
    """Whether a push came from the production system, unchanged and within five minutes. `body` is the
    bytes as received: parse them only afterwards."""
    expected = hmac.new(callback_secret.encode(), timestamp.encode() + body, hashlib.sha256).hexdigest()
    fresh = timestamp.isdigit() and abs((now or time.time()) - int(timestamp)) <= FIVE_MINUTES
    return hmac.compare_digest(expected, signature) and fresh


class Refused(Exception):
    """An answer other than success. Its text is for people: code, message, request id."""

    def __init__(self, code, message, request_id):
        super().__init__(f"{code} {message} ({request_id})")
        self.code, self.message, self.request_id = code, message, request_id


class Client:
    def __init__(self, url, app_key, app_secret, version="2"):
        self.url, self.app_key, self.app_secret, self.version = url.rstrip("/"), app_key, app_secret, version

    def call(self, method, path, body=None):
        """The `data` of the answer; Refused with message and request id for anything but success."""
        # Serialised once: what is signed is what is sent.
        sent = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
        headers = sign(self.app_key, self.app_secret, self.version, method, path, "", sent)
        headers["Content-Type"] = "application/json"
        request = urllib.request.Request(self.url + path, data=sent or None, headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                answer = json.load(response)
        except urllib.error.HTTPError as error:
            # A proxy in between answers what it likes.
            try:
                answer = json.load(error)
            except ValueError:
                raise Refused(error.code, error.reason, "no request id") from None
        if answer.get("code") != 200:
            raise Refused(answer.get("code"), answer.get("message"), answer.get("requestId"))
        return answer["data"]


def main():
    if sys.argv[1:2] == ["verify"]:
        timestamp, signature = sys.argv[2:4]
        genuine = verify(os.environ["TENON_CALLBACK_SECRET"], timestamp, sys.stdin.buffer.read(), signature)
        print("valid" if genuine else "invalid")
        return 0 if genuine else 1

    version = os.environ.get("TENON_SIGNATURE_VERSION", "2")
    client = Client(os.environ["TENON_URL"], os.environ["TENON_APP_KEY"], os.environ["TENON_APP_SECRET"], version)
    created = client.call("POST", "/openapi/v1/orders/create", {
        # A repeat with the same number and content answers the first order and makes no second one.
        "externalOrderNo": f"PY-{time.time_ns()}",
        "styleNo": "FZ2024001",
        "styleName": "春季衬衫A款",
        "quantity": 500,
        "colors": ["红", "蓝", "白"],
        "sizes": ["S", "M", "L", "XL"],
    })
    print("created", created["orderNo"])
    order = client.call("GET", f"/openapi/v1/orders/{created['orderNo']}")
    print("status", order["status"])
    page = client.call("POST", "/openapi/v1/orders/list", {"page": 1, "size": 20})
    print("listed", page["total"])
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Refused as refused:
        sys.exit(f"refused: {refused}")
    except KeyError as missing:
        sys.exit(f"the environment variable {missing.args[0]} is not set; see ../README.md")
    except OSError as failed:
        sys.exit(f"no answer: {failed}")
