'use strict';
// A client of aiflow's interface. Node.js 18 and nothing else; see ../README.md for the environment variables.
// Nothing that went wrong passes for success: each refusal, each record that was not taken, no answer is an Error.

const crypto = require('node:crypto');

const md5 = (...parts) => parts.reduce((hash, part) => hash.update(part), crypto.createHash('md5')).digest('hex');
const pause = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));

/** The A-Signature header. `body` is the exact text that is sent. */
function sign({ enterpriseCode, appId, appSecret }, body, timestamp = Date.now()) {
  const cipher = md5(md5(enterpriseCode, appSecret, body, String(timestamp)));
  const text = `{"enterpriseCode":"${enterpriseCode}","appId":"${appId}","timestamp":${timestamp},"cipher":"${cipher}"}`;
  return Buffer.from(text).toString('hex').toUpperCase();
}

function read(http, text) {
  let answer;
  try {
    answer = JSON.parse(text);
  } catch {
    throw new Error(`HTTP ${http}: the answer is no JSON`);
  }
  if (http === 200 && answer?.status === 0) return answer.data;
  const details = (answer?.data?.errorDetails ?? []).map((d) => `${d.field}: ${d.message}`).join('; ');
  throw new Error(`HTTP ${http} ${answer?.status} ${answer?.msg} ${details}`.trim());
}

/**
 * The `data` of the answer. Waits and tries again where it is told to, and after no answer: a call may be repeated,
 * what it had done is not done twice.
 */
async function call(app, path, body, method = 'POST', times = 5) {
  const sent = JSON.stringify(body); // serialised once: what is signed is what is sent
  for (let attempt = 1; ; attempt += 1) {
    let wait = 1;
    try {
      const headers = { 'Content-Type': 'application/json', 'A-Signature': sign(app, sent) };
      const response = await fetch(app.url + path, { method, headers, body: sent });
      const text = await response.text();
      const again = response.status === 409 || response.status === 429 || response.status >= 500;
      if (!again || attempt === times) return read(response.status, text);
      wait = Math.min(Number(response.headers.get('retry-after') ?? 1), 60);
    } catch (error) {
      if (!(error instanceof TypeError) || attempt === times) throw error; // fetch's own: no answer
    }
    await pause(wait);
  }
}

/** Pushes departments or users in batches, those above before those below them. */
async function push(app, path, name, records) {
  let taken = 0;
  for (let begin = 0; begin < records.length; begin += 1000) {
    const done = await call(app, path, { [name]: records.slice(begin, begin + 1000) });
    if (done.failCount) {
      throw new Error(done.failDetails.map((d) => `${d.code} ${d.path}: ${d.message}`).join('; '));
    }
    taken += done.successCount;
  }
  return taken;
}

async function main() {
  const needed = (name) => {
    if (!process.env[name]) throw new Error(`the environment variable ${name} is not set; see ../README.md`);
    return process.env[name];
  };
  const app = {
    url: needed('TENON_URL').replace(/\/$/, ''),
    enterpriseCode: needed('AIFLOW_ENTERPRISE_CODE'),
    appId: needed('AIFLOW_APP_ID'),
    appSecret: needed('AIFLOW_APP_SECRET'),
  };
  const departments = [
    { deptId: 'D1', deptName: '总部' },
    { deptId: 'D2', deptName: '技术部', parentId: 'D1' },
  ];
  const users = [
    { userId: 'U1', userName: 'zhang', realName: '张三', mobile: '13800000001', deptId: 'D1' },
    { userId: 'U2', userName: 'li', realName: '李四', deptId: 'D2', directSupervisor: 'U1' },
  ];
  console.log('departments', await push(app, '/aflow/api/sys/sync/department', 'departments', departments));
  console.log('users', await push(app, '/aflow/api/sys/sync/user', 'users', users));
  await call(app, '/aflow/api/order/sync/task', {
    orderId: 1, orderStatus: 'ing', orderResult: 'ing', initiator: 'U1', businessKey: 'PO-1',
    createTime: '2025-01-24 10:00:00', updateTime: '2025-01-24 10:00:00',
    tasks: [{
      taskId: 'T1', taskName: '部门审批', assigneeUserCode: ['U2'], taskStatus: 'ing', taskResult: 'new',
      deadLine: '2025-01-25 18:00:00', nodeType: 'audit', showPc: true, showMobile: true,
    }],
  });
  console.log('order synced');
}

main().catch((error) => {
  console.error(`refused: ${error.message}`);
  process.exitCode = 1;
});
