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

async function run(source, choice) {
  const values = { ...choice.values };
  const services = {};
  const done = [];
  const listener = new EventEmitter();
  // Somebody does the task a moment later, and not while the engine still moves.
  listener.on("wait", (api) =>
    setImmediate(() => {
      done.push(api.id);
      for (const [name, loop] of Object.entries(choice.loops)) {
        values[name] = done.filter((id) => id === loop.task).length < loop.times ? 1 : 0;
      }
      api.signal();
    }),
  );
  const engine = new Engine({ name: "p", source: translated(source, services, values), services });
  let late;
  await new Promise((resolve, reject) => {
    late = setTimeout(() => reject(new Error("stuck")), 500);
    engine.once("end", resolve);
    engine.once("error", reject);
    engine.execute({ listener }).catch(reject);
  }).finally(() => clearTimeout(late));
  return done.sort();
}

const folder = process.argv[2];
for (const model of JSON.parse(readFileSync(`${folder}/models.json`, "utf8"))) {
  const source = readFileSync(`${folder}/${model.file}`, "utf8");
  for (const [at, choice] of model.choices.entries()) {
    const done = await run(source, choice).catch((error) => [`error: ${error.message}`]);
    console.log(JSON.stringify({ model: model.file, choice: at, done }));
  }
}
