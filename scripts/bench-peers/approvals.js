// Approvals: drafts of B1 to DingTalk and the decisions back, measured, and killed in the middle.
"use strict";
const { kill, sleep, used } = require("./processes.js");

/** One run: all drafts through their approval. */
async function measured(peer, standIn, { drafts, latency, limit }) {
  peer.fresh();
  const setup = { latency, ...(await peer.told()) };
  await standIn.reset({ ...setup, drafts: 0 });
  const start = await peer.start();
  // Sessions, caches and workflows are there when the drafts appear.
  await sleep(peer.settles);
  const before = [used(peer.child.pid).cpu, used(standIn.child.pid).cpu];
  await standIn.reset({ ...setup, drafts });
  const until = Date.now() + limit * 1000;
  let ended = await standIn.ended();
  while (!ended.ended && Date.now() < until) {
    await sleep(25);
    ended = await standIn.ended();
  }
  const [after, others] = [used(peer.child.pid), used(standIn.child.pid).cpu];
  const told = await standIn.told();
  await kill(peer.child);
  if (!told.ended) console.error(`  ${peer.name}: only ${told.done} of ${drafts} within ${limit} s`);
  const each = (seconds) => (seconds * 1000) / Math.max(told.done, 1);
  return { part: latency ? "latency" : "drafts", peer: peer.name, drafts, latency, done: told.done, seconds: told.seconds, pace: told.done / told.seconds, start,
           cpu: each(after.cpu - before[0]), standIn: each(others - before[1]), memory: after.memory, p99: told.p99, calls: told.calls / Math.max(told.done, 1) };
}

/** A run that is killed once, this long after the drafts appeared, and begun again on the same data. */
async function survived(peer, standIn, { drafts, latency, after, patience }) {
  peer.fresh();
  const setup = { latency, ...(await peer.told()) };
  await standIn.reset({ ...setup, drafts: 0 });
  await peer.start();
  await sleep(peer.settles);
  await standIn.reset({ ...setup, drafts });
  await sleep(after);
  const at = await standIn.told();
  await kill(peer.child);
  await peer.start();
  let [told, moved] = [await standIn.ended(), Date.now()];
  // Until all is done, or nothing has moved for a while. Polls move nothing.
  while (!told.ended && Date.now() - moved < patience * 1000) {
    await sleep(100);
    const now = await standIn.ended();
    if (now.moved !== told.moved) moved = Date.now();
    told = now;
  }
  // What is done twice may come later.
  await sleep(1500);
  told = await standIn.told();
  await kill(peer.child);
  return { part: "kills", peer: peer.name, drafts, latency, after, doneThen: at.done, formsThen: at.forms, lost: told.lost, doubled: told.doubled, left: drafts - told.done };
}

module.exports = { measured, survived };
