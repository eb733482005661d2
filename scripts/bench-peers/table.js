// The tables of docs/PERFORMANCE.md from what was measured.
"use strict";
const fs = require("node:fs");
const os = require("node:os");

const [BEGIN, END] = ["<!-- peers: written by scripts/bench-peers.sh --write -->", "<!-- end of peers -->"];
const median = (all) => {
  const sorted = [...all].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};
const number = (value, digits) => value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
const shown = (all, digits) => {
  if (!all.length) return "–";
  const [least, most] = [Math.min(...all), Math.max(...all)].map((value) => number(value, digits));
  return all.length === 1 || least === most ? number(median(all), digits) : `${number(median(all), digits)} (${least}–${most})`;
};
const line = (cells) => `| ${cells.join(" | ")} |`;
const plural = (count, word) => `${number(count, 0)} ${word}${count === 1 ? "" : "s"}`;

function approvals(records, titles) {
  const runs = records.filter((one) => one.part === "drafts" || one.part === "latency");
  const kills = records.filter((one) => one.part === "kills");
  const names = Object.keys(titles).filter((name) => [...runs, ...kills].some((one) => one.peer === name));
  if (!names.length) return [];
  const lines = [line(["", ...names.map((name) => titles[name])]), line(["---", ...names.map(() => "---")])];
  const row = (what, of, value, digits) => lines.push(line([what, ...names.map((name) => shown(of.filter((one) => one.peer === name).map(value), digits))]));
  const setups = [...new Map(runs.map((one) => [`${one.latency} ${one.drafts}`, one])).values()].sort((a, b) => a.latency - b.latency || a.drafts - b.drafts);
  for (const { drafts, latency } of setups) {
    const of = runs.filter((one) => one.drafts === drafts && one.latency === latency);
    row(`${plural(drafts, "draft")}, ${latency ? `B1 at ${latency} ms, 4 sessions` : "vendors answer at once"}: documents a second`, of, (one) => one.pace, 1);
    row("… processor time a document, ms", of, (one) => one.cpu, 1);
    row("… callbacks answered, p99, ms", of, (one) => one.p99, 0);
    row("… calls to B1 and DingTalk a document, polls included", of, (one) => one.calls, 1);
    row("… the stand-in's own processor time a document, ms", of, (one) => one.standIn, 1);
    const stopped = of.filter((one) => one.done < drafts);
    if (stopped.length) row("… documents done when the time was up", stopped, (one) => one.done, 0);
  }
  if (runs.length) {
    row("peak memory, MB, all runs", runs, (one) => one.memory, 0);
    row("start to ready, s, all runs", runs, (one) => one.start, 2);
  }
  if (kills.length) {
    const fates = (name, what) => {
      const own = kills.filter((one) => one.peer === name);
      return own.length ? number(own.reduce((sum, one) => sum + one[what], 0), 0) : "–";
    };
    const drafts = [...new Set(kills.map((one) => one.drafts))].join(", ");
    lines.push(line([`\`kill -9\`, instants spread over runs of ${drafts} drafts`, ...names.map((name) => kills.filter((one) => one.peer === name).length || "–")]));
    lines.push(line(["… of them with forms made and not all done", ...names.map((name) => {
      const own = kills.filter((one) => one.peer === name);
      return own.length ? number(own.filter((one) => one.formsThen > 0 && one.doneThen < one.drafts).length, 0) : "–";
    })]));
    lines.push(line(["… accepted and lost", ...names.map((name) => fates(name, "lost"))]));
    lines.push(line(["… done twice", ...names.map((name) => fates(name, "doubled"))]));
  }
  return lines;
}

function webhooks(records, titles) {
  const lines = [];
  const row = (what, value) => lines.push(line([what, value]));
  const runs = grouped(records.filter((one) => one.part === "webhooks"), (one) => `${one.events} ${one.endpoints}`);
  for (const [key, of] of Object.entries(runs)) {
    const [events, endpoints] = key.split(" ").map(Number);
    row(`${plural(events, "event")} to ${plural(endpoints, "endpoint")}: deliveries a second`, shown(of.map((one) => one.pace), 0));
    row("… processor time a delivery, its event and records included, µs", shown(of.map((one) => one.cpu), 0));
    row("… the receiver's own processor time a delivery, µs", shown(of.map((one) => one.sink), 0));
    row("… peak memory, MB", shown(of.map((one) => one.memory), 0));
    row("… not delivered, delivered twice", `${of.reduce((sum, one) => sum + one.missing, 0)}, ${of.reduce((sum, one) => sum + one.repeated, 0)}`);
  }
  for (const one of records.filter((one) => one.part === "webhook-kills")) {
    row(`\`kill -9\` at ${plural(one.kills, "instant")}: deliveries of accepted events, lost`, `${number(one.events * one.endpoints, 0)}, ${one.lost}`);
    row("… told under two ids, or twice without the log saying so", String(one.doubled));
    row("… pushed again under the same id, the first told as an interrupted attempt", String(one.repeated - one.untold));
  }
  return lines.length ? [line(["", titles.tenon]), line(["---", "---"]), ...lines] : [];
}

function grouped(all, by) {
  const groups = {};
  for (const one of all) (groups[by(one)] ??= []).push(one);
  return groups;
}

/** Everything as Markdown. */
function markdown(records) {
  const about = records.filter((one) => one.part === "about");
  const titles = Object.assign({}, ...about.map((one) => one.titles));
  const days = [...new Set(about.map((one) => one.day))].join(" and ");
  const same = (one) => [one.part, one.peer, one.drafts, one.latency, one.events].join(" ");
  const most = Math.max(0, ...Object.values(grouped(records.filter((one) => one.pace !== undefined), same)).map((runs) => runs.length));
  const withheld = Math.max(0, ...about.map((one) => one.withheld));
  const alone = about.map((one) => one.alone).filter(Boolean);
  const head = `Measured ${days} on ${os.cpus().length} cores (${os.cpus()[0].model.trim()}), Node ${process.versions.node}` +
    `${most > 1 ? `; medians of up to ${most} runs in turn, with the least and the highest` : ""}` +
    `${alone.length ? `; the stand-in by itself answers ${number(median(alone), 0)} calls a second to one client in Node` : ""}` +
    `; the host withheld ${withheld.toFixed(1)} % of the processor time.`;
  const tables = [approvals(records, titles), webhooks(records, titles)].filter((lines) => lines.length);
  return [head, ...tables.map((lines) => lines.join("\n"))].join("\n\n");
}

/** Puts it into a page, between the marks. */
function write(page, text) {
  const old = fs.readFileSync(page, "utf8");
  const [from, to] = [old.indexOf(BEGIN), old.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`${page} has no place for the tables: ${BEGIN} … ${END}`);
  fs.writeFileSync(page, `${old.slice(0, from + BEGIN.length)}\n\n${text}\n\n${old.slice(to)}`);
}

module.exports = { markdown, write };
