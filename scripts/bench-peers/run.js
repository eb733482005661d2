// Runs Tenon and its peers in turn against the stand-in, kills them, and prints the tables. scripts/bench-peers.sh installs the
// peers and starts this.
"use strict";
const fs = require("node:fs");
const path = require("node:path");
const approvals = require("./approvals.js");
const { Peer, PEERS } = require("./peers.js");
const { freePort, processors, ready, start } = require("./processes.js");
const table = require("./table.js");
const webhooks = require("./webhooks.js");

const OPTIONS = {
  only: ["drafts,latency,kills,webhooks,webhook-kills", "", "parts of it"],
  peers: ["tenon,node-red,n8n", "", "programs that are measured; webhooks are Tenon's alone"],
  runs: ["5", "1", "runs of each, in turn"],
  drafts: ["200,1000", "40", "drafts of a run while the vendors answer at once; a row of the table for each"],
  "latency-drafts": ["200", "20", "drafts of a run while B1 takes its time"],
  latency: ["100", "", "ms that B1 takes for a call; a session's calls wait for each other"],
  kills: ["10", "2", "instants at which a peer is killed"],
  "tenon-kills": ["100", "4", "instants at which Tenon is killed, for approvals and for webhooks"],
  "kill-drafts": ["200", "30", "drafts of a run that is killed"],
  "kill-latency": ["0,20", "0", "ms that B1, and an endpoint, takes in runs that are killed, by turns"],
  // Longer than Tenon lets a create settle whose answer was lost: the call's time, 30 s of DingTalk's list, and 5 s of clocks.
  patience: ["90", "", "seconds in which nothing moved before what is missing counts as lost"],
  events: ["1000", "100", "events of a run of webhooks"],
  "kill-events": ["100", "20", "events of a round of webhooks that is killed"],
  endpoints: ["10", "", "endpoints each event goes to"],
  page: ["", "", "Tenon's page_size and the peers' page; default settings and 20 when left out"],
  cores: ["", "", "cores the programs are held on, as taskset takes them; all when left out"],
  limit: ["600", "120", "seconds after which a run is given up"],
};
const FLAGS = ["quick", "add", "write", "install", "names", "help"];
const PARTS = OPTIONS.only[0].split(",");
const PAGE = path.resolve(__dirname, "../../docs/PERFORMANCE.md");

function parsed(words) {
  const given = {};
  for (let at = 0; at < words.length; at++) {
    const name = words[at].replace(/^--/, "");
    const usage = (why) => { console.error(`bench-peers: ${why}; --help says what there is`); process.exit(2); };
    if (!words[at].startsWith("--") || !(FLAGS.includes(name) || OPTIONS[name])) usage(`${words[at]} is no option`);
    if (FLAGS.includes(name)) { given[name] = true; continue; }
    if (words[at + 1] === undefined) usage(`${words[at]} wants a value`);
    given[name] = words[++at];
  }
  const args = { ...given };
  for (const [name, [usual, quick]] of Object.entries(OPTIONS)) args[name] = given[name] ?? ((given.quick && quick) || usual);
  const list = (name, all) => {
    args[name] = args[name].split(",").filter(Boolean);
    const wrong = args[name].find((one) => !all.includes(one));
    if (wrong) { console.error(`bench-peers: --${name} knows ${all.join(", ")}, not ${wrong}`); process.exit(2); }
  };
  list("only", PARTS);
  list("peers", Object.keys(PEERS));
  // The others have no webhooks.
  if (args.only.every((part) => part.startsWith("webhook"))) args.peers = args.peers.filter((name) => name === "tenon");
  for (const name of ["runs", "latency-drafts", "latency", "kills", "tenon-kills", "kill-drafts", "patience", "events", "kill-events", "endpoints", "limit", "drafts", "kill-latency"]) {
    const numbers = args[name].split(",").map(Number);
    if (numbers.some((one) => !Number.isInteger(one) || one < 0)) { console.error(`bench-peers: --${name} wants whole numbers`); process.exit(2); }
    args[name] = ["drafts", "kill-latency"].includes(name) ? numbers : numbers[0];
  }
  return args;
}

const help = () => Object.entries(OPTIONS).map(([name, [usual, quick, what]]) =>
  `  --${name} ${usual || "…"}\n      ${what}${quick ? `; quick: ${quick}` : ""}`).join("\n");

/** One of our own servers in Node, and what it is asked. */
async function helper(file, folder) {
  const port = await freePort();
  const [url, log] = [`http://127.0.0.1:${port}`, path.join(folder, `${file}.log`)];
  const child = start(process.execPath, [path.join(__dirname, file), String(port)], { log });
  const ask = async (what, body) => {
    const answer = await fetch(`${url}/_${what}`, { ...(body ? { method: "POST", body: JSON.stringify(body) } : {}), signal: AbortSignal.timeout(30000) });
    return answer.json();
  };
  await ready(child, `${url}/_told`, Date.now(), log);
  return { child, url, ask, reset: (options) => ask("reset", options), ended: () => ask("ended"), told: () => ask("told") };
}

/** What the stand-in answers by itself, to one client in Node. */
async function alone(standIn, calls) {
  await standIn.reset({ drafts: 20 });
  const begun = Date.now();
  const some = async (n) => { for (let at = 0; at < n; at++) await (await fetch(`${standIn.url}/b1s/v1/Drafts(${1 + (at % 20)})`)).text(); };
  await Promise.all(Array.from({ length: 16 }, () => some(calls / 16)));
  return calls / ((Date.now() - begun) / 1000);
}

/** A round of runs, by turns and back again. */
async function rows(args, peers, standIn, drafts, latency, keep) {
  for (let run = 0; run < args.runs; run++) {
    for (const peer of run % 2 ? [...peers].reverse() : peers) {
      const one = await approvals.measured(peer, standIn, { drafts, latency, limit: args.limit });
      keep(one);
      console.error(`  ${drafts} drafts at ${latency} ms, run ${run + 1}, ${peer.name}: ${one.pace.toFixed(1)} documents a second`);
    }
  }
}

async function kills(args, peers, standIn, keep) {
  const drafts = args["kill-drafts"];
  for (const peer of peers) {
    // How long it takes when it is left alone says when to kill it.
    const usual = [];
    for (const latency of args["kill-latency"]) {
      usual.push((await approvals.measured(peer, standIn, { drafts, latency, limit: args.limit })).seconds * 1000);
    }
    const all = peer.name === "tenon" ? args["tenon-kills"] : args.kills;
    for (let number = 0; number < all; number++) {
      const turn = number % usual.length;
      const after = Math.max(((number + 0.5) / all) * usual[turn], 20);
      const one = await approvals.survived(peer, standIn, { drafts, latency: args["kill-latency"][turn], after, patience: args.patience });
      keep(one);
      console.error(`  ${peer.name} killed ${number + 1} of ${all}, after ${Math.round(after)} ms with ${one.doneThen} of ${drafts} done and ${one.formsThen} forms: lost ${one.lost}, done twice ${one.doubled}`);
    }
  }
}

async function measure(args, folder, keep) {
  const standIn = await helper("stand-in.js", folder);
  const settings = { standIn: standIn.url, page: args.page, cores: args.cores };
  const peers = args.peers.map((name) => new Peer(name, folder, settings));
  const wants = (part) => args.only.includes(part);
  const before = processors();
  const titles = Object.fromEntries(args.peers.map((name) => [name, PEERS[name].title()]));
  const about = { part: "about", day: new Date().toISOString().slice(0, 10), titles };
  if (wants("drafts") || wants("latency") || wants("kills")) {
    about.alone = await alone(standIn, args.quick ? 2000 : 20000);
    console.error(`  the stand-in alone: ${about.alone.toFixed(0)} calls a second, asked by one client in Node`);
  }
  if (wants("drafts")) for (const drafts of args.drafts) await rows(args, peers, standIn, drafts, 0, keep);
  if (wants("latency")) await rows(args, peers, standIn, args["latency-drafts"], args.latency, keep);
  if (wants("kills")) await kills(args, peers, standIn, keep);
  if (args.peers.includes("tenon") && (wants("webhooks") || wants("webhook-kills"))) {
    const sink = await helper("sink.js", folder);
    const { endpoints, patience } = args;
    for (let run = 0; wants("webhooks") && run < args.runs; run++) {
      const one = await webhooks.measured(folder, settings, sink, { events: args.events, endpoints, patience });
      keep(one);
      console.error(`  ${args.events} events to ${endpoints} endpoints, run ${run + 1}: ${one.pace.toFixed(0)} deliveries a second`);
    }
    if (wants("webhook-kills")) {
      const note = (number, lost) => console.error(`  webhooks, killed ${number} of ${args["tenon-kills"]}: lost ${lost}`);
      keep(await webhooks.killed(folder, settings, sink, { events: args["kill-events"], endpoints, kills: args["tenon-kills"], delays: args["kill-latency"], patience, note }));
    }
  }
  keep({ ...about, withheld: processors(before) });
}

/** A folder for the data of this run, taken away with it unless it failed; what dead runs left is taken away now. */
function folderOf(home) {
  const remove = (folder) => { try { fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }); } catch { /* Next time. */ } };
  for (const name of fs.readdirSync(home).filter((one) => one.startsWith("run-"))) {
    if (!fs.existsSync(`/proc/${name.split("-")[1]}`)) remove(path.join(home, name));
  }
  const folder = fs.mkdtempSync(path.join(home, `run-${process.pid}-`));
  process.on("exit", (code) => {
    if (code === 1) console.error(`bench-peers: what was running when it failed has its data and logs in ${folder}, until the next run`);
    else remove(folder);
  });
  return folder;
}

async function main() {
  const args = parsed(process.argv.slice(2));
  if (args.help) return console.log(`${args.names ? "--help" : ""}Options of scripts/bench-peers.sh:\n${help()}`);
  if (args.names) return console.log(args.peers.join(" "));
  const home = process.env.PEERS_HOME;
  fs.mkdirSync(home, { recursive: true });
  const folder = folderOf(home);
  const results = path.join(home, "results.jsonl");
  if (!args.add) fs.rmSync(results, { force: true });
  // Kept at once: what comes later may fail.
  await measure(args, folder, (one) => fs.appendFileSync(results, `${JSON.stringify(one)}\n`));
  const records = fs.readFileSync(results, "utf8").trim().split("\n").map((text) => JSON.parse(text));
  const text = table.markdown(records);
  console.log(`\n${text}`);
  if (args.write) table.write(PAGE, text);
  const failed = records.filter((one) => one.peer === "tenon" && (one.lost || one.doubled || one.missing || one.left));
  if (failed.length) throw new Error(`Tenon lost something or did it twice: ${JSON.stringify(failed)}`);
}

main().then(() => process.exit(0), (error) => { console.error(error.stack ?? error); process.exit(1); });
