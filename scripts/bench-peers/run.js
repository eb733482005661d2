// Runs Tenon and its peers in turn against the stand-in, and prints the table: documents a second, processor time a document,
// memory, start, callbacks, and what was lost and done twice when each was killed at instants spread over a run.
//
//   node run.js [--peers tenon,node-red,n8n] [--drafts 1000] [--latency 0] [--runs 5] [--kills 10] [--cores 0,1]
"use strict";
const { spawn, execFileSync } = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");

const args = { peers: "tenon,node-red,n8n", drafts: "1000", latency: "0", oa: "0", runs: "5", kills: "10", cores: "", limit: "600", page: "20" };
process.argv.slice(2).forEach((word, at, all) => { if (word.startsWith("--")) args[word.slice(2)] = all[at + 1]; });
const HOME = process.env.PEERS_HOME || path.join(os.tmpdir(), "tenon-peers");
const TENON = process.env.TENON || path.resolve(__dirname, "../../target/release/tenon");
const PORT = 18900;
const TICKS = Number(execFileSync("getconf", ["CLK_TCK"]).toString());
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
const ask = async (url, options) => (await fetch(url, { signal: AbortSignal.timeout(30000), ...options })).json();
const standIn = (what, body) => ask(`http://127.0.0.1:${PORT}/_${what}`, body ? { method: "POST", body: JSON.stringify(body) } : {});
const fresh = (name) => { const at = path.join(HOME, "data", name); fs.rmSync(at, { recursive: true, force: true }); fs.mkdirSync(at, { recursive: true }); return at; };

/** How each is started on its data, when it is ready, and where it is called back. */
const PEERS = {
  tenon: {
    sealed: true, callback: "http://127.0.0.1:18911/callbacks/dingtalk/ding-main", ready: "http://127.0.0.1:18911/healthz",
    promises: "every step on disk before the next; nothing lost, nothing twice",
    start: (data) => {
      const config = path.join(data, "tenon.toml");
      const text = fs.readFileSync(path.join(__dirname, "tenon.toml"), "utf8");
      fs.writeFileSync(config, args.page === "20" ? text : text.replace("[flows.source]", `[flows.source]\npage_size = ${args.page}`));
      return [TENON, ["up", "--config", config, "--data", path.join(data, "db"), "--listen", "127.0.0.1:18911"], { RUST_LOG: "error" }];
    },
  },
  "node-red": {
    sealed: false, callback: "http://127.0.0.1:18912/callback", ready: "http://127.0.0.1:18912/",
    promises: "what is under way is in memory",
    start: (data) => {
      const flow = path.join(data, "flows.json");
      if (!fs.existsSync(flow)) fs.writeFileSync(flow, execFileSync("node", [path.join(__dirname, "node-red.js")]));
      return ["node", [path.join(HOME, "node_modules/node-red/red.js"), "-u", data, "-p", "18912", "-D", "uiHost=127.0.0.1", "-D", "logging.console.level=error", flow], { PAGE: args.page }];
    },
  },
  n8n: {
    sealed: false, callback: "http://127.0.0.1:18913/webhook/callback", ready: "http://127.0.0.1:18913/healthz",
    promises: "an execution's end is in a database, what is under way is not",
    start: (data) => {
      const env = { N8N_USER_FOLDER: data, N8N_PORT: "18913", N8N_LISTEN_ADDRESS: "127.0.0.1", N8N_DIAGNOSTICS_ENABLED: "false",
                    N8N_VERSION_NOTIFICATIONS_ENABLED: "false", N8N_TEMPLATES_ENABLED: "false", N8N_RUNNERS_ENABLED: "false",
                    N8N_EXPRESSION_ENGINE: "legacy", N8N_LOG_LEVEL: "error", EXECUTIONS_DATA_SAVE_ON_SUCCESS: "none", PAGE: args.page };
      const bin = path.join(HOME, "node_modules/n8n/bin/n8n");
      const file = path.join(data, "workflows.json");
      if (!fs.existsSync(file)) {
        fs.writeFileSync(file, execFileSync("node", [path.join(__dirname, "n8n.js")], { env: { ...process.env, ...env } }));
        for (const command of [["import:workflow", `--input=${file}`], ["update:workflow", "--all", "--active=true"]]) {
          execFileSync("node", [bin, ...command], { env: { ...process.env, ...env }, stdio: "ignore" });
        }
      }
      return ["node", [bin, "start"], env];
    },
  },
};

function family(pid) {
  const of = (id) => { try { return fs.readFileSync(`/proc/${id}/task/${id}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number); } catch { return []; } };
  return [pid, ...of(pid).flatMap(family)];
}

/** Processor time and peak memory of a process and its children. */
function used(pid) {
  let [cpu, memory] = [0, 0];
  for (const id of family(pid)) {
    try {
      const fields = fs.readFileSync(`/proc/${id}/stat`, "utf8").split(") ")[1].split(" ");
      cpu += (Number(fields[11]) + Number(fields[12])) / TICKS;
      memory += Number(/VmHWM:\s+(\d+)/.exec(fs.readFileSync(`/proc/${id}/status`, "utf8"))?.[1] ?? 0) / 1024;
    } catch { /* It has ended. */ }
  }
  return { cpu, memory };
}

async function started(name, data) {
  const peer = PEERS[name];
  const [program, words, env] = peer.start(data);
  const [command, all] = args.cores ? ["taskset", ["-c", args.cores, program, ...words]] : [program, words];
  const log = fs.openSync(path.join(data, "log"), "a");
  const begun = Date.now();
  const child = spawn(command, all, { env: { ...process.env, ...env }, stdio: ["ignore", log, log] });
  for (;;) {
    try { if ((await fetch(peer.ready, { signal: AbortSignal.timeout(1000) })).status < 500) break; } catch { /* Not yet. */ }
    if (child.exitCode !== null || Date.now() - begun > 120000) throw new Error(`${name} does not start: see ${data}/log`);
    await sleep(20);
  }
  return { child, seconds: (Date.now() - begun) / 1000 };
}

async function killed(child) {
  const gone = new Promise((done) => child.once("exit", done));
  for (const id of family(child.pid).reverse()) { try { process.kill(id, "SIGKILL"); } catch { /* It has ended. */ } }
  await gone;
}

const options = (name, drafts) => ({ drafts, latency: Number(args.latency), oaLatency: Number(args.oa), callback: PEERS[name].callback, sealed: PEERS[name].sealed });

/** One run: all drafts through their approval. */
async function measured(name) {
  const data = fresh(name);
  await standIn("reset", options(name, 0));
  const { child, seconds: start } = await started(name, data);
  await sleep(3000);
  const before = used(child.pid);
  await standIn("reset", options(name, Number(args.drafts)));
  const until = Date.now() + Number(args.limit) * 1000;
  let told = await standIn("told");
  while (!told.ended && Date.now() < until) { await sleep(50); told = await standIn("told"); }
  const after = used(child.pid);
  await killed(child);
  if (!told.ended) console.error(`  ${name}: only ${told.done} of ${args.drafts} within ${args.limit} s`);
  return { start, pace: told.done / told.seconds, cpu: ((after.cpu - before.cpu) * 1000) / Math.max(told.done, 1), memory: after.memory, p99: told.p99, calls: told.calls / Math.max(told.done, 1) };
}

/** A run that is killed once, at this part of the time it takes, and begun again on the same data. */
async function survived(name, drafts, part, usual) {
  const data = fresh(name);
  await standIn("reset", options(name, 0));
  let { child } = await started(name, data);
  await sleep(2000);
  await standIn("reset", options(name, drafts));
  await sleep(Math.max(part * usual, 20));
  await killed(child);
  ({ child } = await started(name, data));
  const until = Date.now() + 90000;
  let [told, still] = [await standIn("told"), Date.now()];
  // Until all is done, or nothing has moved for twenty seconds.
  while (!told.ended && Date.now() < until && Date.now() - still < 20000) {
    await sleep(200);
    const now = await standIn("told");
    if (now.done !== told.done || now.calls - told.calls > 5) still = Date.now();
    told = now;
  }
  // What is done twice may come later.
  await sleep(2000);
  told = await standIn("told");
  await killed(child);
  return { lost: told.lost, doubled: told.doubled, left: drafts - told.done };
}

const median = (all) => [...all].sort((a, b) => a - b)[Math.floor(all.length / 2)];
const shown = (all, digits = 1) => `${median(all).toFixed(digits)} (${Math.min(...all).toFixed(digits)}–${Math.max(...all).toFixed(digits)})`;

/** What the stand-in takes by itself. */
async function alone() {
  await standIn("reset", { drafts: 20 });
  const [begun, calls] = [Date.now(), 20000];
  const ask = async (n) => { for (let i = 0; i < n; i++) await (await fetch(`http://127.0.0.1:${PORT}/b1s/v1/Drafts(${1 + (i % 20)})`)).text(); };
  await Promise.all(Array.from({ length: 16 }, () => ask(calls / 16)));
  return calls / ((Date.now() - begun) / 1000);
}

async function main() {
  const server = spawn("node", [path.join(__dirname, "stand-in.js"), String(PORT)], { stdio: ["ignore", "pipe", "inherit"] });
  process.on("exit", () => server.kill());
  await new Promise((ready) => server.stdout.once("data", ready));
  console.log(`stand-in alone: ${(await alone()).toFixed(0)} calls a second, asked by one client of Node's`);
  const names = args.peers.split(",");
  const all = Object.fromEntries(names.map((name) => [name, []]));
  for (let run = 0; run < Number(args.runs); run++) {
    for (const name of run % 2 ? [...names].reverse() : names) {
      all[name].push(await measured(name));
      console.error(`  run ${run + 1}, ${name}: ${all[name].at(-1).pace.toFixed(1)} documents a second`);
    }
  }
  const rows = [["", ...names], ["---", ...names.map(() => "---")],
    [`${args.drafts} drafts, vendors at ${args.latency} ms, pages of ${args.page}: documents a second`, ...names.map((n) => shown(all[n].map((r) => r.pace)))],
    ["processor time a document, ms", ...names.map((n) => shown(all[n].map((r) => r.cpu)))],
    ["calls a document, polls included", ...names.map((n) => shown(all[n].map((r) => r.calls)))],
    ["peak memory, MB", ...names.map((n) => shown(all[n].map((r) => r.memory), 0))],
    ["start to ready, s", ...names.map((n) => shown(all[n].map((r) => r.start), 2))],
    ["callbacks answered, p99, ms", ...names.map((n) => shown(all[n].map((r) => r.p99), 0))]];
  const kills = Number(args.kills);
  if (kills) {
    const drafts = Math.min(Number(args.drafts), 200);
    const fates = {};
    for (const name of names) {
      const usual = (drafts / median(all[name].map((r) => r.pace))) * 1000;
      fates[name] = [];
      for (let k = 0; k < kills; k++) fates[name].push(await survived(name, drafts, (k + 0.5) / kills, usual));
    }
    const sum = (name, what) => fates[name].reduce((n, fate) => n + fate[what], 0);
    rows.push([`kill -9 at ${kills} instants, ${drafts} drafts each: lost, done twice`, ...names.map((n) => `${sum(n, "lost")}, ${sum(n, "doubled")}`)]);
  }
  rows.push(["promises", ...names.map((n) => PEERS[n].promises)]);
  console.log(`\n${new Date().toISOString().slice(0, 10)}, ${os.cpus().length} cores of ${os.cpus()[0].model.trim()}; medians of ${args.runs} runs in turn, with the spread\n`);
  for (const row of rows) console.log(`| ${row.join(" | ")} |`);
  process.exit(0);
}

main().catch((error) => { console.error(error); process.exit(1); });
