// A customer's client as it was published, with a loop around it: one call a line on standard input
// ([method, path, body]), one answer a line on standard output ([status, body]). Key, secret and address are
// filled in by the test.

const crypto = require('crypto');
const axios = require('axios');

const APP_KEY = 'os_your_app_key';
const APP_SECRET = 'your_app_secret';
const BASE_URL = 'https://your-domain.com';

async function callApi(method, path, body = null) {
  const timestamp = Date.now().toString();
  const bodyStr = body ? JSON.stringify(body) : '';
  const message = APP_KEY + timestamp + bodyStr;
  
  const signature = crypto
    .createHmac('sha256', APP_SECRET)
    .update(message)
    .digest('hex');
  
  const headers = {
    'Content-Type': 'application/json',
    'X-App-Key': APP_KEY,
    'X-Timestamp': timestamp,
    'X-Signature': signature,
  };
  
  const url = BASE_URL + path;
  if (method === 'GET') {
    return axios.get(url, { headers });
  }
  return axios.post(url, body, { headers });
}

// ---- the test's loop
async function main() {
  const lines = require('readline').createInterface({ input: process.stdin });
  for await (const line of lines) {
    const answer = await callApi(...JSON.parse(line)).catch((error) => error.response);
    console.log(JSON.stringify([answer.status, answer.data]));
  }
}

main();
