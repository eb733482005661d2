'use strict';
// A client of the signed API. Node.js 18 and nothing else; see ../README.md for the environment variables.

const crypto = require('node:crypto');

const FIVE_MINUTES = 300;

/** The headers of one call. `body` is the exact text that is sent, '' when there is none. */
function sign({ appKey, appSecret, version }, method, path, query, body) {
  const timestamp = Date.now().toString();
  const headers = { 'X-App-Key': appKey, 'X-Timestamp': timestamp };
  let message = appKey + timestamp + body;
  if (version !== '1') {
    const nonce = crypto.randomBytes(16).toString('hex'); // never the same one twice
    headers['X-Signature-Version'] = '2';
    headers['X-Nonce'] = nonce;
    const pieces = query.split('&').filter(Boolean).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    const bodyHash = crypto.createHash('sha256').update(body).digest('hex');
    message = [method, path, pieces.join('&'), bodyHash, timestamp, nonce, appKey].join('\n');
  }
  headers['X-Signature'] = crypto.createHmac('sha256', appSecret).update(message).digest('hex');
  return headers;
}

/**
 * Whether a push came from the production system, unchanged and within five minutes. `body` is the bytes as
 * received, a Buffer: parse them only afterwards.
 */
function verify(callbackSecret, timestamp, body, signature, now = Date.now() / 1000) {
  const expected = crypto.createHmac('sha256', callbackSecret).update(timestamp).update(body).digest('hex');
  const [ours, theirs] = [Buffer.from(expected), Buffer.from(signature)];
  const fresh = /^\d+$/.test(timestamp) && Math.abs(now - Number(timestamp)) <= FIVE_MINUTES;
  return ours.length === theirs.length && crypto.timingSafeEqual(ours, theirs) && fresh;
}

/** The `data` of the answer; an Error with message and request id for anything but success. */
async function call(app, method, path, body) {
  // Serialised once: what is signed is what is sent.
  const sent = body === undefined ? '' : JSON.stringify(body);
  const headers = { 'Content-Type': 'application/json', ...sign(app, method, path, '', sent) };
  const response = await fetch(app.url + path, { method, headers, body: sent || undefined });
  const answer = await response.json();
  if (answer.code !== 200) throw new Error(`${answer.code} ${answer.message} (${answer.requestId})`);
  return answer.data;
}

async function standardInput() {
  const chunks = [];
  for await (const chunk of process.stdin) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function main() {
  const [command, timestamp, signature] = process.argv.slice(2);
  if (command === 'verify') {
    const genuine = verify(process.env.TENON_CALLBACK_SECRET, timestamp, await standardInput(), signature);
    console.log(genuine ? 'valid' : 'invalid');
    process.exitCode = genuine ? 0 : 1;
    return;
  }
  const app = {
    url: process.env.TENON_URL.replace(/\/$/, ''),
    appKey: process.env.TENON_APP_KEY,
    appSecret: process.env.TENON_APP_SECRET,
    version: process.env.TENON_SIGNATURE_VERSION ?? '2',
  };
  const created = await call(app, 'POST', '/openapi/v1/orders/create', {
    // A repeat with the same number and content answers the first order and makes no second one.
    externalOrderNo: `JS-${process.hrtime.bigint()}`,
    styleNo: 'FZ2024001',
    styleName: '春季衬衫A款',
    quantity: 500,
    colors: ['红', '蓝', '白'],
    sizes: ['S', 'M', 'L', 'XL'],
  });
  console.log('created', created.orderNo);
  const order = await call(app, 'GET', `/openapi/v1/orders/${created.orderNo}`);
  console.log('status', order.status);
  const page = await call(app, 'POST', '/openapi/v1/orders/list', { page: 1, size: 20 });
  console.log('listed', page.total);
}

module.exports = { sign, verify, call };

if (require.main === module) {
  main().catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
