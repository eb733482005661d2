// Lints graphs with bpmnlint, and holds what it says against what Tenon's check says, on the rules that both know.
import { readFileSync } from "node:fs";
import { Linter } from "bpmnlint";
import NodeResolver from "bpmnlint/lib/resolver/node-resolver.js";
import BpmnModdle from "bpmn-moddle";

const RULES = {
  "fake-join": "fake-join",
  "no-implicit-split": "implicit-split",
  "superfluous-gateway": "superfluous-gateway",
  "no-gateway-join-fork": "gateway-join-fork",
  "no-duplicate-sequence-flows": "duplicate-flow",
  "no-disconnected": "disconnected",
  "start-event-required": "start-missing",
  "end-event-required": "end-missing",
};
const rules = Object.fromEntries(Object.keys(RULES).map((rule) => [rule, "error"]));
// A linter remembers the ways it has seen, so each graph has one of its own.
const linter = () => new Linter({ resolver: new NodeResolver(), config: { rules } });
const folder = process.argv[2];
const graphs = JSON.parse(readFileSync(`${folder}/lint.json`, "utf8"));
let [said, differing] = [0, 0];
for (const graph of graphs) {
  const { rootElement } = await new BpmnModdle().fromXML(readFileSync(`${folder}/${graph.file}`, "utf8"));
  // bpmnlint goes by the lists of ways that tools write into each node beside the ways themselves.
  for (const flow of rootElement.rootElements[0].flowElements.filter((one) => one.$type === "bpmn:SequenceFlow")) {
    flow.sourceRef.get("outgoing").push(flow);
    flow.targetRef.get("incoming").push(flow);
  }
  const report = await linter().lint(rootElement);
  // Of two ways that are alike bpmnlint names both and their ends, Tenon the second.
  const theirs = new Set();
  for (const [rule, reports] of Object.entries(report)) {
    for (const { id } of reports) {
      theirs.add(RULES[rule] === "duplicate-flow" ? "duplicate-flow" : `${RULES[rule]} ${id}`);
    }
  }
  const ours = new Set(graph.found.map(([code, id]) => (code === "duplicate-flow" ? code : `${code} ${id}`)));
  said += theirs.size;
  const only = [...theirs].filter((one) => !ours.has(one)).map((one) => `bpmnlint: ${one}`);
  only.push(...[...ours].filter((one) => !theirs.has(one)).map((one) => `Tenon: ${one}`));
  if (only.length > 0) {
    differing += 1;
    if (differing <= 5) console.error(`${graph.file}: ${only.join("; ")}`);
  }
}
console.log(`${graphs.length} graphs, ${said} reports of bpmnlint, ${differing} graphs on which the two differ`);
process.exit(differing > 0 ? 1 : 0);
