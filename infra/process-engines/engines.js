// Runs each model with each of its choices in bpmn-engine and prints what was done: one JSON object a line.
import { readFileSync } from "node:fs";
import { EventEmitter } from "node:events";
import { Engine } from "bpmn-engine";

const TYPE = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="tFormalExpression"';

/** A condition of ours, `c3 == 1`, as a call of a function that looks at the present values. */
function translated(source, services, values) {
  return source.replace(/<conditionExpression>(\w+) == (\d+)<\/conditionExpression>/g, (_, name, value) => {
    const called = `is_${name}_${value}`;
    services[called] = () => values[name] === Number(value);
    return `<conditionExpression ${TYPE}>\${environment.services.${called}()}</conditionExpression>`;
  });
}

/** After so many looks, 50 ms apart, at which nothing had moved, and after so many at all, a run is ended. Looks and not a
 * clock: a machine that is busy elsewhere ends nothing. */
const IDLE = 20;
const LONGEST = 1_000;
/** Runs at once: what waits for ever waits beside the others. */
const AT_ONCE = 32;

async function run(source, choice) {
  const values = { ...choice.values };
  const services = {};
  const done = [];
  const listener = new EventEmitter();
  let [idle, looks] = [0, 0];
  const engine = new Engine({ name: "p", source: translated(source, services, values), services });
  // Somebody does the task a moment later, and not while the engine still moves.
  listener.on("wait", (api) =>
    setImmediate(() => {
      idle = 0;
      done.push(api.id);
      for (const [name, loop] of Object.entries(choice.loops)) {
        values[name] = done.filter((id) => id === loop.task).length < loop.times ? 1 : 0;
      }
      api.signal();
    }),
  );
  let watch;
  await new Promise((resolve, reject) => {
    watch = setInterval(() => {
      [idle, looks] = [idle + 1, looks + 1];
      if (idle > IDLE) reject(new Error("stuck"));
      else if (looks > LONGEST) reject(new Error("endless"));
    }, 50);
    engine.once("end", resolve);
    engine.once("error", reject);
    engine.execute({ listener }).catch(reject);
  }).finally(() => {
    clearInterval(watch);
    listener.removeAllListeners();
    engine.stop().catch(() => {});
  });
  return done.sort();
}

const folder = process.argv[2];
const jobs = [];
for (const model of JSON.parse(readFileSync(`${folder}/models.json`, "utf8"))) {
  const source = readFileSync(`${folder}/${model.file}`, "utf8");
  for (const [at, choice] of model.choices.entries()) jobs.push({ model: model.file, source, at, choice });
}
async function work() {
  for (let job = jobs.shift(); job; job = jobs.shift()) {
    const done = await run(job.source, job.choice).catch((error) => [`error: ${error.message}`]);
    console.log(JSON.stringify({ model: job.model, choice: job.at, done }));
  }
}
await Promise.all(Array.from({ length: AT_ONCE }, work));
process.exit(0);
