"""A client of aiflow's interface. Standard library only; see ../README.md for the environment variables.

Nothing that went wrong passes for success: a refusal, an answer that is none, no answer, and records that were not
taken are each an exception.
"""

import hashlib
import json
import os
import sys
import time
import urllib.error
import urllib.request


def sign(enterprise_code, app_id, app_secret, body, timestamp=None):
    """The A-Signature header. `body` is the exact bytes that are sent."""
    timestamp = str(timestamp or int(time.time() * 1000))
    inner = hashlib.md5(enterprise_code.encode() + app_secret.encode() + body + timestamp.encode()).hexdigest()
    cipher = hashlib.md5(inner.encode()).hexdigest()
    text = f'{{"enterpriseCode":"{enterprise_code}","appId":"{app_id}","timestamp":{timestamp},"cipher":"{cipher}"}}'
    return text.encode().hex().upper()


class Refused(Exception):
    """An answer other than success: status, message, and what is wrong field by field."""

    def __init__(self, http, status, message, data=None):
        details = "; ".join(f"{d['field']}: {d['message']}" for d in (data or {}).get("errorDetails", []))
        super().__init__(f"HTTP {http} {status} {message} {details}".strip())
        self.http, self.status, self.data = http, status, data


class NotTaken(Exception):
    """Some records of a push were not taken; `details` has code, path and message of each."""

    def __init__(self, details):
        super().__init__("; ".join(f"{d['code']} {d['path']}: {d['message']}" for d in details))
        self.details = details


class Client:
    def __init__(self, url, enterprise_code, app_id, app_secret):
        self.url, self.codes = url.rstrip("/"), (enterprise_code, app_id, app_secret)

    def call(self, path, body, method="POST", times=5):
        """The `data` of the answer. Waits and tries again where it is told to, and after no answer: a call may be
        repeated, what it had done is not done twice."""
        sent = json.dumps(body, ensure_ascii=False).encode()  # serialised once: what is signed is what is sent
        for attempt in range(1, times + 1):
            headers = {"Content-Type": "application/json", "A-Signature": sign(*self.codes, sent)}
            request = urllib.request.Request(self.url + path, data=sent, headers=headers, method=method)
            try:
                with urllib.request.urlopen(request, timeout=60) as response:
                    return self.read(response.status, response.read())
            except urllib.error.HTTPError as error:
                refused = error.code in (409, 429) or error.code >= 500
                if not refused or attempt == times:
                    return self.read(error.code, error.read())
                time.sleep(min(int(error.headers.get("Retry-After", "1")), 60))
            except OSError:
                if attempt == times:
                    raise
                time.sleep(1)
        raise AssertionError("unreachable")

    @staticmethod
    def read(http, text):
        try:
            answer = json.loads(text)
        except ValueError:
            raise Refused(http, None, "the answer is no JSON") from None
        if http != 200 or not isinstance(answer, dict) or answer.get("status") != 0:
            answer = answer if isinstance(answer, dict) else {}
            raise Refused(http, answer.get("status"), answer.get("msg"), answer.get("data"))
        return answer.get("data")

    def push(self, path, name, records):
        """Pushes departments or users in batches, those above before those below them."""
        taken = 0
        for begin in range(0, len(records), 1000):
            done = self.call(path, {name: records[begin:begin + 1000]})
            if done["failCount"]:
                raise NotTaken(done["failDetails"])
            taken += done["successCount"]
        return taken


def main():
    env = os.environ
    client = Client(env["TENON_URL"], env["AIFLOW_ENTERPRISE_CODE"], env["AIFLOW_APP_ID"], env["AIFLOW_APP_SECRET"])
    departments = [
        {"deptId": "D1", "deptName": "总部"},
        {"deptId": "D2", "deptName": "技术部", "parentId": "D1"},
    ]
    users = [
        {"userId": "U1", "userName": "zhang", "realName": "张三", "mobile": "13800000001", "deptId": "D1"},
        {"userId": "U2", "userName": "li", "realName": "李四", "deptId": "D2", "directSupervisor": "U1"},
    ]
    print("departments", client.push("/aflow/api/sys/sync/department", "departments", departments))
    print("users", client.push("/aflow/api/sys/sync/user", "users", users))
    client.call("/aflow/api/order/sync/task", {
        "orderId": 1, "orderStatus": "ing", "orderResult": "ing", "initiator": "U1", "businessKey": "PO-1",
        "createTime": "2025-01-24 10:00:00", "updateTime": "2025-01-24 10:00:00",
        "tasks": [{
            "taskId": "T1", "taskName": "部门审批", "assigneeUserCode": ["U2"], "taskStatus": "ing", "taskResult": "new",
            "deadLine": "2025-01-25 18:00:00", "nodeType": "audit", "showPc": True, "showMobile": True,
        }],
    })
    print("order synced")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (Refused, NotTaken) as refused:
        sys.exit(f"refused: {refused}")
    except KeyError as missing:
        sys.exit(f"the environment variable {missing.args[0]} is not set; see ../README.md")
    except OSError as failed:
        sys.exit(f"no answer: {failed}")
