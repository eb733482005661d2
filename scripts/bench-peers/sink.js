// Endpoints of a tenant, a path each: answers every webhook with 200 after `delay` ms and counts what came: for each event and
// endpoint the ids it came under, and how often.
"use strict";
const http = require("node:http");

let state;
const reset = ({ delay = 0 }) => { state = { delay, pushes: 0, seen: new Map(), first: 0, last: 0 }; };

function received(endpoint, id, body) {
  const event = /"message":"(event-\d+)"/.exec(body)?.[1] ?? "?";
  const key = `${endpoint} ${event}`;
  const of = state.seen.get(key) ?? new Map();
  of.set(id, (of.get(id) ?? 0) + 1);
  state.seen.set(key, of);
  state.pushes++;
  state.last = Date.now();
  state.first ||= state.last;
}

function told() {
  const all = [...state.seen];
  const repeated = all.flatMap(([key, ids]) => [...ids].filter(([, times]) => times > 1).map(([id, times]) => ({ endpoint: key.split(" ")[0], id, times })));
  return { pushes: state.pushes, distinct: state.seen.size, repeated, doubled: all.filter(([, ids]) => ids.size > 1).map(([key]) => key),
           unknown: all.filter(([key]) => key.endsWith("?")).length, last: state.last };
}

reset({});
const server = http.createServer((req, res) => {
  const chunks = [];
  req.on("data", (chunk) => chunks.push(chunk));
  req.on("end", () => {
    const answer = (value) => {
      const text = value === undefined ? "" : JSON.stringify(value);
      res.writeHead(200, { "content-length": Buffer.byteLength(text) });
      res.end(text);
    };
    const body = Buffer.concat(chunks).toString();
    if (req.url === "/_reset") return answer(reset(JSON.parse(body)) ?? {});
    if (req.url === "/_count") return answer({ pushes: state.pushes, distinct: state.seen.size, last: state.last });
    if (req.url === "/_told") return answer(told());
    if (req.url === "/_delay") { state.delay = JSON.parse(body).delay; return answer({}); }
    // It has arrived, whatever becomes of the answer.
    received(req.url.slice(1), req.headers["webhook-id"], body);
    if (state.delay) setTimeout(answer, state.delay); else answer();
  });
});
server.keepAliveTimeout = 60000;
server.listen(Number(process.argv[2]), "127.0.0.1");
