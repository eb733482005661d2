// Processes that are measured: started on loopback, with what they and their children use, and killed. Whatever is alive
// when this ends is ended with it; nothing else is.
"use strict";
const { spawn, execFileSync } = require("node:child_process");
const fs = require("node:fs");
const net = require("node:net");

const TICKS = Number(execFileSync("getconf", ["CLK_TCK"]).toString());
const alive = new Set();
const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/** A port of this machine's loopback that nobody listens on, and that no connection out is given while a server is down. */
async function freePort() {
  for (;;) {
    const port = 18000 + Math.floor(Math.random() * 14000);
    const free = await new Promise((done) => {
      const server = net.createServer().once("error", () => done(false));
      server.listen(port, "127.0.0.1", () => server.close(() => done(true)));
    });
    if (free) return port;
  }
}

function family(pid) {
  const of = (id) => {
    try { return fs.readFileSync(`/proc/${id}/task/${id}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number); } catch { return []; }
  };
  return [pid, ...of(pid).flatMap(family)];
}

/** Processor time in seconds and peak memory in MB of a process and its children, those that have ended too. */
function used(pid) {
  let [cpu, memory] = [0, 0];
  for (const id of family(pid)) {
    try {
      const stat = fs.readFileSync(`/proc/${id}/stat`, "utf8");
      const fields = stat.slice(stat.lastIndexOf(") ") + 2).split(" ");
      cpu += [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at]), 0) / TICKS;
      memory += (Number(/VmHWM:\s+(\d+)/.exec(fs.readFileSync(`/proc/${id}/status`, "utf8"))?.[1] ?? 0) * 1024) / 1e6;
    } catch { /* It has ended. */ }
  }
  return { cpu, memory };
}

/** Share of the processors' time that the host withheld since `before`, in percent. */
function processors(before) {
  const fields = fs.readFileSync("/proc/stat", "utf8").split("\n")[0].trim().split(/\s+/).slice(1, 9).map(Number);
  const now = { all: fields.reduce((a, b) => a + b, 0), stolen: fields[7] ?? 0 };
  return before ? (100 * (now.stolen - before.stolen)) / Math.max(now.all - before.all, 1) : now;
}

/** Starts a program, its output in a file. */
function start(program, words, { env = {}, log, cores = "" }) {
  const [command, all] = cores ? ["taskset", ["-c", cores, program, ...words]] : [program, words];
  const out = fs.openSync(log, "a");
  const child = spawn(command, all, { env: { ...process.env, ...env }, stdio: ["ignore", out, out] });
  fs.closeSync(out);
  alive.add(child);
  child.once("exit", () => alive.delete(child));
  child.once("error", (error) => { alive.delete(child); child.failed = error; });
  return child;
}

/** Waits until it answers, and gives the seconds since `begun`. */
async function ready(child, url, begun, log) {
  for (;;) {
    try { if ((await fetch(url, { signal: AbortSignal.timeout(1000) })).status < 500) return (Date.now() - begun) / 1000; } catch { /* Not yet. */ }
    if (child.failed || child.exitCode !== null || child.signalCode !== null || Date.now() - begun > 120000) {
      const said = fs.existsSync(log) ? fs.readFileSync(log, "utf8").slice(-2000) : "";
      throw new Error(`${child.spawnfile} does not start: ${child.failed?.message ?? ""}\n${said}`);
    }
    await sleep(20);
  }
}

function slay(child) {
  for (const id of family(child.pid).reverse()) { try { process.kill(id, "SIGKILL"); } catch { /* It has ended. */ } }
}

/** Kills it and its children with SIGKILL, and waits until it is gone. */
async function kill(child) {
  if (child.exitCode !== null || child.signalCode !== null) throw new Error(`${child.spawnfile} had ended by itself`);
  const gone = new Promise((done) => child.once("exit", done));
  slay(child);
  await gone;
}

process.on("exit", () => { for (const child of alive) slay(child); });
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => process.exit(130));

module.exports = { freePort, kill, processors, ready, sleep, start, used };
