"""A customer's client as it was published, with a loop around it: one call a line on standard input
(`[method, path, body]`), one answer a line on standard output (`[status, body]`). Key, secret and address are
filled in by the test."""

import hmac, hashlib, time, requests, json

APP_KEY = "os_your_app_key"
APP_SECRET = "your_app_secret"
BASE_URL = "https://your-domain.com"

def call_api(method, path, body=None):
    timestamp = str(int(time.time() * 1000))
    body_str = json.dumps(body) if body else ""
    
    message = APP_KEY + timestamp + body_str
    signature = hmac.new(
        APP_SECRET.encode(), message.encode(), hashlib.sha256
    ).hexdigest()
    
    headers = {
        "Content-Type": "application/json",
        "X-App-Key": APP_KEY,
        "X-Timestamp": timestamp,
        "X-Signature": signature,
    }
    
    url = BASE_URL + path
    if method == "GET":
        return requests.get(url, headers=headers)
    else:
        return requests.post(url, headers=headers, json=body)

# ---- the test's loop
import sys

for line in sys.stdin:
    answer = call_api(*json.loads(line))
    print(json.dumps([answer.status_code, answer.json()]), flush=True)
