"""As much of `requests` as a published client uses, over urllib. `json=` is sent as requests sends it: json.dumps
with its default separators and escapes, after the headers that were given."""

import json as _json
import urllib.error
import urllib.request


class Response:
    def __init__(self, status, headers, content):
        self.status_code, self.headers, self.content = status, headers, content
        self.text = content.decode()

    def json(self):
        return _json.loads(self.content)


def _send(method, url, headers, data):
    request = urllib.request.Request(url, data=data, headers=headers or {}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return Response(answer.status, dict(answer.headers), answer.read())
    except urllib.error.HTTPError as answer:
        return Response(answer.code, dict(answer.headers), answer.read())


def get(url, headers=None):
    return _send("GET", url, headers, None)


def post(url, headers=None, json=None):
    return _send("POST", url, headers, _json.dumps(json).encode() if json is not None else None)
