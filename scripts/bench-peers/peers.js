// How each program is laid down on its data, started, and called back.
"use strict";
const { execFileSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { freePort, ready, start } = require("./processes.js");

const HOME = process.env.PEERS_HOME;
const TENON = process.env.TENON;
const here = (file) => path.join(__dirname, file);
const ours = (file, env) => execFileSync(process.execPath, [here(file)], { env: { ...process.env, ...env } });

const PEERS = {
  tenon: {
    title: () => execFileSync(TENON, ["--version"]).toString().trim().replace(/^tenon /, "Tenon ") + (/[/\\]debug[/\\]/.test(TENON) ? " (debug build)" : ""),
    sealed: true,
    callback: "/callbacks/dingtalk/ding-main",
    ready: "/healthz",
    settles: 1000,
    lay: (data, { standIn, page }) => {
      const text = fs.readFileSync(here("tenon.toml"), "utf8").replaceAll("http://stand-in", standIn);
      // Default settings, unless a page is asked for.
      fs.writeFileSync(path.join(data, "tenon.toml"), page ? text.replace("[flows.source]", `[flows.source]\npage_size = ${page}`) : text);
    },
    command: (data, port) => [TENON, ["up", "--config", path.join(data, "tenon.toml"), "--data", path.join(data, "db"), "--listen", `127.0.0.1:${port}`],
                              { RUST_LOG: "error" }],
  },
  "node-red": {
    title: () => `Node-RED ${process.env.NODE_RED_VERSION}`,
    sealed: false,
    callback: "/callback",
    ready: "/",
    settles: 3000,
    lay: (data, { standIn, page }) => fs.writeFileSync(path.join(data, "flows.json"), ours("node-red.js", { STAND_IN: standIn, PAGE: page || "20" })),
    command: (data, port) => [process.execPath, [path.join(HOME, "node-red/node_modules/node-red/red.js"), "-u", data, "-p", String(port), "-D", "uiHost=127.0.0.1",
                                                 "-D", "logging.console.level=error", path.join(data, "flows.json")], {}],
  },
  n8n: {
    title: () => `n8n ${process.env.N8N_VERSION}`,
    sealed: false,
    callback: "/webhook/callback",
    ready: "/healthz",
    settles: 3000,
    lay: (data, { standIn, page }) => {
      const file = path.join(data, "workflows.json");
      fs.writeFileSync(file, ours("n8n.js", { STAND_IN: standIn, PAGE: page || "20" }));
      for (const words of [["import:workflow", `--input=${file}`], ["update:workflow", "--all", "--active=true"]]) {
        const [program, [bin], env] = PEERS.n8n.command(data, 0);
        execFileSync(program, [bin, ...words], { env: { ...process.env, ...env }, stdio: ["ignore", "ignore", "pipe"] });
      }
    },
    command: (data, port) => [process.execPath, [path.join(HOME, "n8n/node_modules/n8n/bin/n8n"), "start"],
                              { N8N_USER_FOLDER: data, N8N_PORT: String(port), N8N_LISTEN_ADDRESS: "127.0.0.1", N8N_DIAGNOSTICS_ENABLED: "false",
                                N8N_VERSION_NOTIFICATIONS_ENABLED: "false", N8N_TEMPLATES_ENABLED: "false", N8N_RUNNERS_ENABLED: "false",
                                N8N_EXPRESSION_ENGINE: "legacy", N8N_LOG_LEVEL: "error", EXECUTIONS_DATA_SAVE_ON_SUCCESS: "none" }],
  },
};

/** A program on data of its own below `folder`, with the ports it has for good. */
class Peer {
  constructor(name, folder, settings) {
    Object.assign(this, { name, folder, settings, ...PEERS[name] });
    this.laid = path.join(folder, `${name}-laid`);
    this.data = path.join(folder, name);
    this.log = path.join(folder, `${name}.log`);
  }

  async port() {
    this.at ??= `http://127.0.0.1:${await freePort()}`;
    return Number(new URL(this.at).port);
  }

  /** What the stand-in has to know of it. */
  async told() {
    await this.port();
    return { callback: this.at + this.callback, sealed: this.sealed };
  }

  /** Data as they are before the first start. They are laid down once and copied from then on. */
  fresh() {
    if (!fs.existsSync(this.laid)) {
      fs.mkdirSync(this.laid);
      this.lay(this.laid, this.settings);
    }
    fs.rmSync(this.data, { recursive: true, force: true });
    fs.cpSync(this.laid, this.data, { recursive: true });
  }

  /** Starts it on the data that are there; gives the seconds until it answered. */
  async start(more = []) {
    const [program, words, env] = this.command(this.data, await this.port());
    const begun = Date.now();
    this.child = start(program, [...words, ...more], { env, log: this.log, cores: this.settings.cores });
    return ready(this.child, this.at + this.ready, begun, this.log);
  }
}

module.exports = { Peer, PEERS };
