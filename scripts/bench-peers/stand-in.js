// The two systems between which approvals go, for whoever is measured: a Service Layer of SAP Business One with drafts
// that wait for approval, and DingTalk's workflow. As little of each as the flow needs, and fast enough to bound nobody:
// scripts/bench-peers.sh says what it does by itself. It answers a session's calls one after another, as B1 does.
"use strict";
const http = require("node:http");
const crypto = require("node:crypto");

const OPTIONS = { drafts: 100, latency: 0, oaLatency: 0, thinks: 0, callback: "", sealed: false };
const DING = {
  token: "PeersToken", owner: "dingpeersapp", corp: "dingpeerscorp",
  key: Buffer.from("PeersPeersPeersPeersPeersPeersPeersPeersPee" + "=", "base64"),
};
let state;

function reset(options) {
  // A call that waits for its answer has one, whatever becomes of what it asked about.
  for (const [timer, forgotten] of state?.timers ?? []) { clearTimeout(timer); forgotten(); }
  const o = { ...OPTIONS, ...options };
  state = { o, begun: Date.now(), ended: 0, drafts: new Map(), instances: new Map(), sessions: new Map(), calls: 0, timers: new Map(),
            answers: [], refused: 0, done: 0, moved: 0 };
  for (let n = 1; n <= o.drafts; n++) {
    state.drafts.set(n, { n, version: 1, marked: "N", instance: null, instances: [], decisions: 0, told: null, accepted: false, done: false });
  }
}

const at = () => new Date().toISOString().slice(0, 10) + "T00:00:00Z";

function draft(d) {
  return { DocEntry: d.n, DocNum: 5000 + d.n, DocObjectCode: "1470000113", AuthorizationStatus: d.decisions ? "dasApproved" : "dasPending",
           Cancelled: "tNO", DocDate: at(), CreationDate: at(), RequesterName: "张三", U_UserID: "zhangsan", U_ISSYN: d.marked,
           U_instanceID: d.instance, U_Approver: d.told, U_ApprovalDate: null, U_Remarks: null,
           DocumentLines: [{ LineNum: 0, ItemCode: "11028", Quantity: 5 }], "odata.etag": `W/"${d.version}"` };
}

function request(d) {
  const status = d.decisions ? "Approved" : "Pending";
  return { Code: d.n, ApprovalTemplatesID: 1, CurrentStage: 1, CreationDate: at(), CreationTime: "08:00:00", DraftEntry: d.n, DraftType: "112",
           IsDraft: "Y", ObjectEntry: null, ObjectType: "1470000113", OriginatorID: 2, Remarks: null, Status: `ars${status}`,
           ApprovalRequestDecisions: [], ApprovalRequestLines: [{ StageCode: 1, UserID: 1, Status: `ard${status}`, Remarks: null,
             CreationDate: at(), CreationTime: "08:00:00", UpdateDate: null, UpdateTime: null }] };
}

const found = (rows) => [200, { value: rows }];
const expired = [401, { error: { code: 301, message: { lang: "en-us", value: "Invalid session or session already timeout." } } }];
const missing = [404, { error: { code: -2028, message: { lang: "en-us", value: "No matching records found" } } }];

/** The rows of a list by the filter's bounds on a field. */
function wanted(filter, field) {
  const keys = [...filter.matchAll(new RegExp(`${field} eq (\\d+)`, "g"))].map(([, key]) => Number(key));
  if (keys.length) return [...new Set(keys)].map((key) => state.drafts.get(key)).filter(Boolean);
  const bound = (word, none) => Number(filter.match(new RegExp(`${field} ${word} (\\d+)`))?.[1] ?? none);
  const [ge, gt, le, lt] = [bound("ge", 0), bound("gt", 0), bound("le", Infinity), bound("lt", Infinity)];
  return [...state.drafts.values()].filter(({ n }) => n >= ge && n > gt && n <= le && n < lt);
}

/** One call to B1, by itself or in a batch. */
function b1(method, url, headers, body) {
  const { pathname, searchParams } = new URL(url, "http://b1");
  const path = decodeURIComponent(pathname).replace(/^\/b1s\/v[12]\//, "");
  const filter = searchParams.get("$filter") ?? "";
  const [, set, key] = path.match(/^(\w+)(?:\((\d+)\))?$/) ?? [];
  const d = key ? state.drafts.get(Number(key)) : null;
  if (path === "Login") {
    const id = crypto.randomUUID();
    return [200, { SessionId: id, SessionTimeout: 30, Version: "1000190" }, { "set-cookie": [`B1SESSION=${id};HttpOnly`, "ROUTEID=.node1; path=/b1s"] }];
  }
  if (set === "Users") return found([{ InternalKey: 1, UserCode: "manager" }]);
  if (set === "Drafts" && method === "GET" && !key) {
    const page = Number(/maxpagesize=(\d+)/.exec(headers.prefer ?? "")?.[1] ?? searchParams.get("$top") ?? 20);
    const skip = Number(searchParams.get("$skip") ?? 0);
    const all = wanted(filter, "DocEntry").filter((row) => !filter.includes("U_ISSYN eq 'N'") || row.marked === "N");
    const rows = all.slice(skip, skip + page);
    const next = all.length > skip + page ? { "odata.nextLink": `Drafts?$filter=${encodeURIComponent(filter)}&$orderby=DocEntry&$skip=${skip + page}` +
      (searchParams.get("$select") ? `&$select=${searchParams.get("$select")}` : "") } : {};
    const only = searchParams.get("$select");
    return [200, { value: rows.map((row) => (only === "DocEntry" ? { DocEntry: row.n } : draft(row))), ...next }];
  }
  if (set === "ApprovalRequests" && method === "GET") {
    if (!key) return found(wanted(filter, "DraftEntry").map(request));
    return d ? [200, request(d)] : missing;
  }
  if (!d) return missing;
  if (set === "Drafts" && method === "GET") return [200, draft(d), { etag: `W/"${d.version}"` }];
  if (set === "Drafts" && method === "PATCH") {
    if (headers["if-match"] && headers["if-match"] !== `W/"${d.version}"` && headers["if-match"] !== "*") {
      return [412, { error: { code: -2039, message: { value: "the record was changed" } } }];
    }
    const fields = JSON.parse(body);
    d.version++;
    if (fields.U_ISSYN) d.marked = fields.U_ISSYN;
    if (fields.U_instanceID) d.instance = fields.U_instanceID;
    if (fields.U_Approver) d.told = fields.U_Approver;
    moved(d);
    return [204, null];
  }
  if (set === "ApprovalRequests" && method === "PATCH") {
    // B1 refuses a second decision; it was sent all the same.
    d.decisions++;
    moved(d);
    return d.decisions > 1 ? [400, { error: { code: -5002, message: { value: "the request is decided" } } }] : [204, null];
  }
  return missing;
}

const done = (d) => d.marked === "Y" && d.decisions > 0 && d.told !== null;

/** A write to a draft or its request; the last of them ends the run. */
function moved(d) {
  state.moved++;
  if (d.done || !done(d)) return;
  d.done = true;
  if (++state.done === state.drafts.size) state.ended = Date.now();
}

const part = ([status, body, more = {}]) => {
  const lines = Object.entries(more).map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const text = body ? JSON.stringify(body) : "";
  return `Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\nHTTP/1.1 ${status} ${http.STATUS_CODES[status]}\r\n` +
    (text ? `content-type: application/json;charset=utf-8\r\n${lines}\r\n${text}\r\n` : "\r\n\r\n");
};

/** A `$batch`: each part in turn, changes in a set of their own. */
function batch(headers, body) {
  const boundary = /boundary=([^;]+)/.exec(headers["content-type"])[1];
  const parts = (text, of) => text.split(`--${of}`).slice(1, -1);
  const run = (text) => {
    const [, method, url] = /^(GET|PATCH|POST) (\S+) HTTP\/1\.1/m.exec(text);
    const rest = text.slice(text.indexOf("HTTP/1.1"));
    const match = /^If-Match: (.+?)\r?$/im.exec(rest);
    const begin = rest.search(/\r?\n\r?\n/);
    return b1(method, url, match ? { "if-match": match[1] } : {}, rest.slice(begin).trim());
  };
  let out = "";
  for (const one of parts(body, boundary)) {
    const set = /multipart\/mixed; ?boundary=(\S+)/.exec(one)?.[1];
    if (!set) {
      out += `--answer\r\n${part(run(one))}`;
      continue;
    }
    const answers = parts(one.slice(one.indexOf(`--${set}`)), set).map(run);
    const bad = answers.find(([status]) => status >= 400);
    out += bad ? `--answer\r\n${part(bad)}`
      : `--answer\r\nContent-Type: multipart/mixed;boundary=changes\r\n\r\n${answers.map((a) => `--changes\r\n${part(a)}`).join("")}--changes--\r\n`;
    if (bad) break;
  }
  return `${out}--answer--\r\n`;
}

function instance(i) {
  const done = i.status === "COMPLETED";
  const record = (type, userId, result, remark) => ({ type, userId, result, remark, date: "2026-11-27T13:55Z", attachments: [], images: [], ccUserIds: [], showName: "" });
  return { title: "张三提交的审批", businessId: i.id, originatorUserId: "zhangsan", originatorDeptId: "-1", originatorDeptName: "示例公司",
           bizAction: "NONE", bizData: "", mainProcessInstanceId: "", attachedProcessInstanceIds: [], ccUserIds: [], approverUserIds: ["manager01"],
           createTime: "2026-11-27T13:55Z", finishTime: done ? "2026-11-27T13:55Z" : undefined, status: i.status, result: done ? "agree" : "",
           formComponentValues: i.form, tasks: [],
           operationRecords: [record("START_PROCESS_INSTANCE", "zhangsan", "NONE", ""),
                              ...(done ? [record("EXECUTE_TASK_NORMAL", "manager01", "AGREE", "ok")] : [])] };
}

function dingtalk(method, url, body) {
  const { pathname, searchParams } = new URL(url, "http://ding");
  if (pathname === "/v1.0/oauth2/accessToken") return [200, { accessToken: "t", expireIn: 7200 }];
  if (pathname === "/gettoken") return [200, { errcode: 0, errmsg: "ok", access_token: "t", expires_in: 7200 }];
  if (pathname.endsWith("/get_call_back_failed_result")) return [200, { errcode: 0, errmsg: "ok", failed_list: [], has_more: false }];
  if (pathname === "/v1.0/workflow/processes/instanceIds/query") {
    return [200, { result: { list: [...state.instances.keys()] }, success: true }];
  }
  if (pathname === "/v1.0/workflow/processInstances" && method === "GET") {
    const i = state.instances.get(searchParams.get("processInstanceId"));
    return i ? [200, { result: instance(i), success: true }] : [404, { code: "notFound", message: "no such instance" }];
  }
  if (pathname === "/v1.0/workflow/processInstances") {
    const { formComponentValues: form } = JSON.parse(body);
    const key = Number(form.find((field) => field.name === "来源单号").value);
    const i = { id: crypto.randomUUID(), key, form, status: "RUNNING" };
    state.instances.set(i.id, i);
    state.drafts.get(key).instances.push(i.id);
    state.moved++;
    later(state.o.thinks, () => decide(i));
    return [200, { instanceId: i.id }];
  }
  return [404, { code: "notFound", message: pathname }];
}

function later(ms, act, forgotten = () => {}) {
  const of = state;
  const timer = setTimeout(() => { of.timers.delete(timer); if (of === state) act(); }, ms);
  state.timers.set(timer, forgotten);
}

function decide(i) {
  i.status = "COMPLETED";
  tell(i, 0);
}

/** Tells of the decision until that is answered, as long as the run lasts. */
function tell(i, tries) {
  const event = { EventType: "bpms_instance_change", type: "finish", result: "agree", processInstanceId: i.id, processCode: "PROC-PEERS",
                  CorpId: DING.corp, corpId: DING.corp, staffId: "zhangsan", title: "张三提交的审批", eventId: `${i.id}-finish`, BizId: i.id,
                  EventTime: Date.now(), createTime: Date.now(), finishTime: Date.now(), url: "" };
  const plain = JSON.stringify(event);
  const url = new URL(state.o.callback);
  let body = plain;
  if (state.o.sealed) {
    const [timestamp, nonce] = [String(Date.now()), crypto.randomBytes(6).toString("hex")];
    const encrypt = seal(plain);
    const signature = crypto.createHash("sha1").update([DING.token, timestamp, nonce, encrypt].sort().join("")).digest("hex");
    url.search = new URLSearchParams({ signature, msg_signature: signature, timestamp, nonce }).toString();
    body = JSON.stringify({ encrypt });
  }
  const [of, begun] = [state, process.hrtime.bigint()];
  const again = () => { of.refused++; if (of === state && tries < 120) later(1000, () => tell(i, tries + 1)); };
  const call = http.request(url, { method: "POST", agent: keptAlive, headers: { "content-type": "application/json", "content-length": Buffer.byteLength(body) }, timeout: 15000 }, (answer) => {
    answer.resume();
    answer.on("end", () => {
      if (answer.statusCode !== 200) return again();
      of.answers.push(Number(process.hrtime.bigint() - begun) / 1e6);
      of.drafts.get(i.key).accepted = true;
    });
    answer.on("error", again);
  });
  call.on("timeout", () => call.destroy(new Error("time-out")));
  call.on("error", again);
  call.end(body);
}

const keptAlive = new http.Agent({ keepAlive: true, maxSockets: 64 });

function seal(text) {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(Buffer.byteLength(text));
  let plain = Buffer.concat([crypto.randomBytes(16), length, Buffer.from(text), Buffer.from(DING.owner)]);
  const pad = 32 - (plain.length % 32);
  plain = Buffer.concat([plain, Buffer.alloc(pad, pad)]);
  const cipher = crypto.createCipheriv("aes-256-cbc", DING.key, DING.key.subarray(0, 16)).setAutoPadding(false);
  return Buffer.concat([cipher.update(plain), cipher.final()]).toString("base64");
}

/** What became of the drafts. */
function told() {
  const all = [...state.drafts.values()];
  // Whoever marked a draft, made its form or took its decision has accepted it.
  const accepted = (d) => d.accepted || d.instances.length > 0 || d.marked !== "N";
  const sorted = [...state.answers].sort((a, b) => a - b);
  return { ended: state.ended, seconds: ((state.ended || Date.now()) - state.begun) / 1000, calls: state.calls,
           marked: all.filter((d) => d.marked === "Y").length, decided: all.filter((d) => d.decisions).length,
           done: state.done, forms: state.instances.size,
           lost: all.filter((d) => accepted(d) && !done(d)).length,
           doubled: all.filter((d) => d.instances.length > 1 || d.decisions > 1).length,
           callbacks: sorted.length, refused: state.refused, p50: sorted[Math.floor(sorted.length / 2)] ?? 0,
           p99: sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.99))] ?? 0 };
}

/** After the latency of B1, and of a session's calls one after another. */
function whenFree(cookie, act, forgotten) {
  if (!state.o.latency) return act();
  const session = /B1SESSION=([^;]+)/.exec(cookie ?? "")?.[1] ?? "";
  const free = Math.max(Date.now(), state.sessions.get(session) ?? 0) + state.o.latency;
  state.sessions.set(session, free);
  later(free - Date.now(), act, forgotten);
}

function serve(port) {
  const server = http.createServer((req, res) => {
    const chunks = [];
    req.on("data", (chunk) => chunks.push(chunk));
    req.on("end", () => {
      const body = Buffer.concat(chunks).toString();
      const answer = ([status, value, more]) => {
        const text = value === null ? "" : JSON.stringify(value);
        res.writeHead(status, { ...(value === null ? {} : { "content-type": "application/json;charset=utf-8", "content-length": Buffer.byteLength(text) }), ...more });
        res.end(text);
      };
      if (req.url === "/_reset") { reset(JSON.parse(body)); return answer([200, {}]); }
      if (req.url === "/_told") return answer([200, told()]);
      if (req.url === "/_ended") return answer([200, { ended: state.ended, done: state.done, moved: state.moved }]);
      state.calls++;
      if (!req.url.startsWith("/b1s/")) {
        const act = () => answer(dingtalk(req.method, req.url, body));
        return state.o.oaLatency ? later(state.o.oaLatency, act, () => answer([503, {}])) : act();
      }
      whenFree(req.headers.cookie, () => {
        if (!req.url.endsWith("/$batch")) return answer(b1(req.method, req.url, req.headers, body));
        const text = batch(req.headers, body);
        res.writeHead(202, { "content-type": "multipart/mixed;boundary=answer", "content-length": Buffer.byteLength(text) });
        res.end(text);
      }, () => answer(expired));
    });
  });
  server.keepAliveTimeout = 60000;
  server.listen(port, "127.0.0.1");
}

reset({ drafts: 0 });
serve(Number(process.argv[2]));
