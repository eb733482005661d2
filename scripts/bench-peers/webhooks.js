// Tenon's webhooks: events of one tenant to its endpoints, measured, and killed in the middle.
"use strict";
const { execFileSync } = require("node:child_process");
const crypto = require("node:crypto");
const fs = require("node:fs");
const path = require("node:path");
const { Peer } = require("./peers.js");
const { kill, sleep, used } = require("./processes.js");

const [TENANT, APP_CODE, SECRET] = ["peers", "peers-production-system", "peers-secret-of-the-apps-0123456789"];
const ORDERS = 20;
const appKey = (number) => `os_peers_${number}`;

/** A tenant with apps that have an endpoint each, on a server of its own. */
class Tenant {
  constructor(folder, settings, sink, endpoints) {
    Object.assign(this, { sink, endpoints, handed: 0, orders: [] });
    const peer = new Peer("tenon", folder, settings);
    this.peer = Object.assign(peer, { laid: path.join(folder, "webhooks-laid"), data: path.join(folder, "webhooks"), log: path.join(folder, "webhooks.log"),
                                      lay: (data) => this.lay(data) });
  }

  lay(data) {
    const apps = Array.from({ length: this.endpoints }, (_, at) =>
      `[[openapi_apps]]\napp_key = "${appKey(at)}"\napp_secret = "${SECRET}"\ntenant = "${TENANT}"\nmodule = "ORDER_SYNC"\n`);
    fs.writeFileSync(path.join(data, "tenon.toml"), `[[apps]]\nid = "production"\napp_code = "${APP_CODE}"\ntenant = "${TENANT}"\n${apps.join("")}`);
    const words = ["token", "create", "--role", "tenant-admin", "--tenant", TENANT, "--json", "--data", path.join(data, "db")];
    const { token } = JSON.parse(execFileSync(process.env.TENON, words, { stdio: ["ignore", "pipe", "pipe"] }).toString());
    fs.writeFileSync(path.join(data, "token"), token);
  }

  async begin() {
    await this.sink.ask("reset", {});
    this.peer.fresh();
    this.token = fs.readFileSync(path.join(this.peer.data, "token"), "utf8");
    await this.start();
    const apps = (await this.managed("POST", "/list", { size: 100 })).records;
    if (apps.length !== this.endpoints) throw new Error(`${apps.length} apps where there should be ${this.endpoints}`);
    for (const { id } of apps) await this.managed("PUT", `/${id}`, { callbackUrl: `${this.sink.url}/${id}` });
    for (let number = 0; number < ORDERS; number++) this.orders.push(await this.order(number));
  }

  start() { return this.peer.start(["--allow-loopback"]); }

  managed(method, at, body) {
    return this.call(method, `/api/system/tenant-app${at}`, { authorization: `Bearer ${this.token}` }, body && JSON.stringify(body));
  }

  async order(number) {
    const body = JSON.stringify({ externalOrderNo: `ERP-20261127-${String(number).padStart(3, "0")}`, styleNo: "FZ2024001", quantity: 500,
                                  requiredDate: "2027-03-15", factoryId: 1 });
    const timestamp = String(Date.now());
    const signature = crypto.createHmac("sha256", SECRET).update(appKey(0) + timestamp + body).digest("hex");
    const headers = { "x-app-key": appKey(0), "x-timestamp": timestamp, "x-signature": signature };
    return (await this.call("POST", "/openapi/v1/orders/create", headers, body)).orderNo;
  }

  async call(method, at, headers, body) {
    const answer = await fetch(this.peer.at + at, { method, headers: { "content-type": "application/json", ...headers }, body, signal: AbortSignal.timeout(30000) });
    const said = await answer.json();
    if (said.code !== 200) throw new Error(`${method} ${at}: ${JSON.stringify(said)}`);
    return said.data;
  }

  /** Hands further events in. A call that was not answered is made again: an event's id makes it one event. */
  async handIn(events, bulk, patience = 0) {
    for (let left = events; left > 0;) {
      const all = Array.from({ length: Math.min(left, bulk) }, (_, at) => {
        const number = this.handed + at;
        return { eventId: `peers-${number}`, orderNo: this.orders[number % this.orders.length], status: "production", message: `event-${number}`,
                 completedQuantity: number % 400 };
      });
      const until = Date.now() + patience * 1000;
      for (;;) {
        try {
          const taken = await this.call("POST", "/admin/v1/events/order-status/bulk", { "x-apig-appcode": APP_CODE }, JSON.stringify({ events: all }));
          if (taken.failedCount !== 0) throw new Error(`events were refused: ${JSON.stringify(taken)}`);
          break;
        } catch (error) {
          if (Date.now() >= until) throw error;
          await sleep(20);
        }
      }
      this.handed += all.length;
      left -= all.length;
    }
  }

  /** Waits for this many different deliveries; how many of them are missing when none came for a while. */
  async arrived(wanted, patience) {
    let [count, moved] = [await this.sink.ask("count"), Date.now()];
    while (count.distinct < wanted && Date.now() - moved < patience * 1000) {
      await sleep(10);
      const now = await this.sink.ask("count");
      if (now.pushes !== count.pushes) moved = Date.now();
      count = now;
    }
    return wanted - count.distinct;
  }

  /** Waits until the server rests: less than a tenth of a core within half a second. */
  async rest() {
    for (;;) {
      const before = used(this.peer.child.pid).cpu;
      await sleep(500);
      if (used(this.peer.child.pid).cpu - before < 0.05) return;
    }
  }
}

/** One run: all events to all endpoints. */
async function measured(folder, settings, sink, { events, endpoints, patience }) {
  const tenant = new Tenant(folder, settings, sink, endpoints);
  await tenant.begin();
  await tenant.rest();
  const before = [used(tenant.peer.child.pid).cpu, used(sink.child.pid).cpu];
  const begun = Date.now();
  await tenant.handIn(events, 100);
  const missing = await tenant.arrived(events * endpoints, patience);
  const { last } = await sink.ask("count");
  await tenant.rest();
  const [after, others] = [used(tenant.peer.child.pid), used(sink.child.pid).cpu];
  const told = await sink.ask("told");
  await kill(tenant.peer.child);
  const all = events * endpoints - missing;
  const each = (seconds) => (seconds * 1e6) / Math.max(all, 1);
  return { part: "webhooks", peer: "tenon", events, endpoints, missing, pace: all / ((last - begun) / 1000), cpu: each(after.cpu - before[0]), sink: each(others - before[1]),
           memory: after.memory, repeated: told.pushes - told.distinct };
}

/** Rounds of events on one server, which is killed once in each at an instant of its own; and what became of them in the end. */
async function killed(folder, settings, sink, { events, endpoints, kills, delays, patience, note }) {
  const tenant = new Tenant(folder, settings, sink, endpoints);
  await tenant.begin();
  const bulk = Math.max(1, Math.ceil(events / 5));
  const usual = [];
  for (const delay of delays) {
    await sink.ask("delay", { delay });
    // The first warms up.
    for (let round = 0; round < 2; round++) {
      const begun = Date.now();
      await tenant.handIn(events, bulk);
      await tenant.arrived(tenant.handed * endpoints, patience);
      usual[delays.indexOf(delay)] = Date.now() - begun;
    }
  }
  let missing = 0;
  for (let number = 0; number < kills; number++) {
    const turn = number % delays.length;
    await sink.ask("delay", { delay: delays[turn] });
    const handing = tenant.handIn(events, bulk, patience);
    // It is looked at below.
    handing.catch(() => {});
    await sleep(((number + 0.5) / kills) * usual[turn]);
    await kill(tenant.peer.child);
    await tenant.start();
    await handing;
    missing += await tenant.arrived(tenant.handed * endpoints - missing, patience);
    note(number + 1, missing);
  }
  await tenant.rest();
  const told = await sink.ask("told");
  // A push that came twice must be under the same id, and the log must have an attempt for each, interrupted but for one.
  let untold = 0;
  for (const { endpoint, id, times } of told.repeated) {
    const { attemptList: attempts } = await tenant.managed("GET", `/${endpoint}/webhook/deliveries/${id}`);
    const [interrupted, good] = [attempts.filter((one) => one.errorClass === "interrupted").length, attempts.filter((one) => one.success).length];
    if (interrupted < times - 1 || good !== 1) untold++;
  }
  await kill(tenant.peer.child);
  return { part: "webhook-kills", peer: "tenon", kills, events: tenant.handed, endpoints, lost: missing, doubled: told.doubled.length + untold + told.unknown,
           repeated: told.repeated.length, untold, pushes: told.pushes };
}

module.exports = { killed, measured };
