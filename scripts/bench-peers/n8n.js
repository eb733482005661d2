// Writes the workflows for n8n, of the same steps as Node-RED's: one that polls each second, one that is called back.
// Its executions share no memory, and under load a poll begins before the last one is done. So a draft is claimed first: it is
// marked as being submitted (`P`) if it is still as it was read, and a poll goes on with those that it was first at.
"use strict";
const { STAND_IN, PAGE } = process.env;
const B1 = `${STAND_IN}/b1s/v1`;
const OA = `${STAND_IN}/v1.0/workflow/processInstances`;

let number = 0;
const node = (name, type, typeVersion, parameters, more = {}) => ({ id: `node-${++number}`, name, type: `n8n-nodes-base.${type}`, typeVersion,
  position: [160 * number, 300], parameters, ...more });
const js = (name, jsCode) => node(name, "code", 2, { mode: "runOnceForAllItems", jsCode });
const header = (all) => ({ sendHeaders: true, headerParameters: { parameters: Object.entries(all).map(([name, value]) => ({ name, value })) } });
const COOKIE = { cookie: "={{ 'B1SESSION=peer-' + ($itemIndex % 4) }}" };
const call = (name, method, url, { headers = COOKIE, body, refusals = false } = {}) => node(name, "httpRequest", 4.2, { method, url, ...header(headers),
  ...(body ? { sendBody: true, specifyBody: "json", jsonBody: body } : {}),
  options: { batching: { batch: { batchSize: 1, batchInterval: 0 } }, ...(refusals ? { response: { response: { fullResponse: true, neverError: true } } } : {}) } });

function chain(name, nodes) {
  const connections = {};
  nodes.forEach((one, at) => { if (at) connections[nodes[at - 1].name] = { main: [[{ node: one.name, type: "main", index: 0 }]] }; });
  return { id: `wf${name}`, name, active: true, nodes, connections, settings: { executionOrder: "v1", saveDataSuccessExecution: "none" } };
}

const poll = chain("poll", [
  node("each second", "scheduleTrigger", 1.2, { rule: { interval: [{ field: "seconds", secondsInterval: 1 }] } }),
  call("drafts", "GET", `=${B1}/Drafts?$filter={{ encodeURIComponent("DocObjectCode eq '1470000113' and U_ISSYN eq 'N'") }}&$orderby=DocEntry`,
    { headers: { ...COOKIE, prefer: `odata.maxpagesize=${PAGE}` } }),
  js("new ones", "return $input.first().json.value.map(draft => ({ json: draft }));"),
  call("claim", "PATCH", `=${B1}/Drafts({{ $json.DocEntry }})`, { headers: { ...COOKIE, "if-match": "={{ $json['odata.etag'] }}" },
    body: "={{ JSON.stringify({ U_ISSYN: 'P' }) }}", refusals: true }),
  js("claimed", "return $('new ones').all().filter((draft, at) => $input.all()[at].json.statusCode < 300);"),
  call("requests", "GET", `=${B1}/ApprovalRequests?$filter={{ encodeURIComponent('DraftEntry eq ' + $json.DocEntry) }}`),
  js("forms", "return $('claimed').all().map((draft, at) => ({ json: { key: draft.json.DocEntry, form: { processCode: 'PROC-PEERS', originatorUserId: draft.json.U_UserID, deptId: -1,\n" +
    "formComponentValues: [{ name: '申请人', value: draft.json.RequesterName }, { name: '来源单号', value: String(draft.json.DocEntry) },\n" +
    "{ name: '物料明细', value: JSON.stringify(draft.json.DocumentLines.map(l => [{ name: '品号', value: l.ItemCode }, { name: '需求数量', value: String(l.Quantity) }])) }] } } }));"),
  call("create", "POST", OA, { headers: { "x-acs-dingtalk-access-token": "t" }, body: "={{ JSON.stringify($json.form) }}" }),
  call("mark", "PATCH", `=${B1}/Drafts({{ $('forms').all()[$itemIndex].json.key }})`, { body: "={{ JSON.stringify({ U_ISSYN: 'Y', U_instanceID: $json.instanceId }) }}" }),
]);
const back = chain("callback", [
  node("callback", "webhook", 2, { httpMethod: "POST", path: "callback", responseMode: "onReceived", options: {} }, { webhookId: "callback" }),
  call("instance", "GET", `=${OA}?processInstanceId={{ $json.body.processInstanceId }}`, { headers: { "x-acs-dingtalk-access-token": "t" } }),
  js("decision", "const i = $input.first().json.result; if (i.result !== 'agree') return [];\n" +
    "return [{ json: { key: i.formComponentValues.find(f => f.name === '来源单号').value, by: i.operationRecords[1].userId } }];"),
  call("request", "GET", `=${B1}/ApprovalRequests?$filter={{ encodeURIComponent('DraftEntry eq ' + $json.key) }}`),
  js("pending", "const r = $input.first().json.value[0]; return r.Status === 'arsPending' ? [{ json: { code: r.Code } }] : [];"),
  call("decide", "PATCH", `=${B1}/ApprovalRequests({{ $json.code }})`, { body: `={{ JSON.stringify({ ApprovalRequestDecisions: [{ Status: 'ardApproved', Remarks: 'ok' }] }) }}` }),
  call("who decided", "PATCH", `=${B1}/Drafts({{ $('decision').first().json.key }})`,
    { body: "={{ JSON.stringify({ U_Approver: $('decision').first().json.by, U_ApprovalDate: $now.toFormat('yyyy-MM-dd'), U_Remarks: 'ok' }) }}" }),
]);
process.stdout.write(JSON.stringify([poll, back], null, 1));
