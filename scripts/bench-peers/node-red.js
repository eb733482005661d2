// Writes the flow for Node-RED: a poll each second, a form in the OA for each draft, the mark; and the callback, the
// decision, and who decided. Four sessions of B1 in turn.
"use strict";
const { STAND_IN, PAGE } = process.env;
const B1 = `${STAND_IN}/b1s/v1`;
const OA = `${STAND_IN}/v1.0/workflow/processInstances`;
let number = 0;
const node = (type, wires, more) => ({ id: `n${++number}`, z: "flow", type, x: 100, y: 20 * number, wires, ...more });
const code = (func, outputs = 1) => ({ func, outputs, libs: [] });
const ask = (more = {}) => ({ method: "use", ret: "obj", paytoqs: "ignore", persist: true, headers: [], ...more });

/** Nodes one behind the other. */
function chain(...nodes) {
  nodes.forEach((one, at) => { if (at) nodes[at - 1].wires = [[one.id]]; });
  return nodes;
}
const session = "const all = flow.get('sessions'); const turn = (flow.get('turn') || 0) + 1; flow.set('turn', turn);\n" +
  "msg.headers = { cookie: all[turn % all.length], 'content-type': 'application/json' };\n";

const login = chain(
  node("inject", [], { once: true, onceDelay: 0.1, repeat: "", props: [] }),
  node("function", [], code(`return [[0, 1, 2, 3].map(() => ({ method: 'POST', url: '${B1}/Login', payload: { UserName: 'manager', Password: 'peers', CompanyDB: 'SBODEMOCN' } }))];`)),
  node("http request", [], ask()),
  node("function", [], code("const all = flow.get('sessions') || []; all.push('B1SESSION=' + msg.payload.SessionId); flow.set('sessions', all);")),
);
const submit = chain(
  node("inject", [], { once: true, onceDelay: 1, repeat: "1", props: [] }),
  node("function", [], code(`if ((flow.get('sessions') || []).length < 4) return null;\n${session}` +
    `msg.method = 'GET'; msg.headers.prefer = 'odata.maxpagesize=${PAGE}';\n` +
    `msg.url = "${B1}/Drafts?$filter=" + encodeURIComponent("DocObjectCode eq '1470000113' and U_ISSYN eq 'N'") + '&$orderby=DocEntry'; return msg;`)),
  node("http request", [], ask()),
  node("function", [], code(`const hand = flow.get('hand') || {}; const out = [];\n` +
    `for (const draft of msg.payload.value || []) { if (hand[draft.DocEntry]) continue; hand[draft.DocEntry] = true; out.push({ draft }); }\n` +
    `flow.set('hand', hand); return [out];`)),
  node("function", [], code(`${session}msg.method = 'GET'; msg.url = "${B1}/ApprovalRequests?$filter=" + encodeURIComponent('DraftEntry eq ' + msg.draft.DocEntry); return msg;`)),
  node("http request", [], ask()),
  node("function", [], code(`if (!msg.payload.value || msg.payload.value[0].Status !== 'arsPending') return null;\n` +
    `msg.headers = { 'content-type': 'application/json', 'x-acs-dingtalk-access-token': 't' }; msg.method = 'POST'; msg.url = '${OA}';\n` +
    `msg.payload = { processCode: 'PROC-PEERS', originatorUserId: msg.draft.U_UserID, deptId: -1, formComponentValues: [{ name: '申请人', value: msg.draft.RequesterName }, ` +
    `{ name: '来源单号', value: String(msg.draft.DocEntry) }, { name: '物料明细', value: JSON.stringify(msg.draft.DocumentLines.map(l => [{ name: '品号', value: l.ItemCode }, { name: '需求数量', value: String(l.Quantity) }])) }] }; return msg;`)),
  node("http request", [], ask()),
  node("function", [], code(`${session}msg.method = 'PATCH'; msg.url = '${B1}/Drafts(' + msg.draft.DocEntry + ')';\n` +
    `msg.payload = { U_ISSYN: 'Y', U_instanceID: msg.payload.instanceId }; return msg;`)),
  node("http request", [], ask({ ret: "txt" })),
);
const callback = chain(
  node("http in", [], { url: "/callback", method: "post" }),
  node("function", [], code("return [{ ...msg, payload: 'success', statusCode: 200 }, { id: msg.payload.processInstanceId }];", 2)),
);
const reply = node("http response", []);
const back = chain(
  node("function", [], code(`msg.method = 'GET'; msg.headers = { 'x-acs-dingtalk-access-token': 't' }; msg.url = '${OA}?processInstanceId=' + msg.id; return msg;`)),
  node("http request", [], ask()),
  node("function", [], code(`const i = msg.payload.result; if (!i || i.result !== 'agree') return null;\n` +
    `msg.key = i.formComponentValues.find(f => f.name === '来源单号').value; msg.by = i.operationRecords[1].userId;\n` +
    `${session}msg.method = 'GET'; msg.url = "${B1}/ApprovalRequests?$filter=" + encodeURIComponent('DraftEntry eq ' + msg.key); return msg;`)),
  node("http request", [], ask()),
  node("function", [], code(`const r = msg.payload.value[0]; if (r.Status !== 'arsPending') return null;\n` +
    `${session}msg.method = 'PATCH'; msg.url = '${B1}/ApprovalRequests(' + r.Code + ')';\n` +
    `msg.payload = { ApprovalRequestDecisions: [{ Status: 'ardApproved', Remarks: 'ok' }] }; return msg;`)),
  node("http request", [], ask({ ret: "txt" })),
  node("function", [], code(`${session}msg.method = 'PATCH'; msg.url = '${B1}/Drafts(' + msg.key + ')';\n` +
    `msg.payload = { U_Approver: msg.by, U_ApprovalDate: new Date().toISOString().slice(0, 10), U_Remarks: 'ok' }; return msg;`)),
  node("http request", [], ask({ ret: "txt" })),
);
callback[1].wires = [[reply.id], [back[0].id]];
const flow = [{ id: "flow", type: "tab", label: "approvals", env: [] }, ...login, ...submit, ...callback, reply, ...back];
process.stdout.write(JSON.stringify(flow, null, 1));
