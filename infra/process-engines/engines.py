"""Runs each model with each of its choices in SpiffWorkflow, and holds what was done there and in bpmn-engine against
what Tenon says. Counts elements with lxml where reference models are at hand.

bpmn-engine 25 does not come out of some choices that lie on a parallel way (its joins wait for ever), and passes such a join
twice, or waits at it for ever, where it lies in a loop. Every run of it ends when nothing has moved for a second. Runs in which it
stands alone against the two others are counted by which of these the model has; that Tenon and SpiffWorkflow do otherwise is a
failure, and so is a model with neither that bpmn-engine does not come to the end of."""

import collections
import json
import pathlib
import subprocess
import sys

import lxml.etree
from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.util.task import TaskState

MODEL = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"


def spiff(spec, subprocesses, choice):
    """What is done with these choices, sorted."""
    values, done = dict(choice["values"]), []
    workflow = BpmnWorkflow(spec, subprocesses)
    for task in workflow.get_tasks(state=TaskState.READY):
        task.data.update(values)
    workflow.do_engine_steps()
    while not workflow.is_completed():
        ready = workflow.get_tasks(state=TaskState.READY, manual=True)
        if not ready:
            return ["error: stuck"]
        task = ready[0]
        done.append(task.task_spec.bpmn_id)
        for name, loop in choice["loops"].items():
            values[name] = 1 if done.count(loop["task"]) < loop["times"] else 0
        task.data.update(values)
        task.run()
        workflow.do_engine_steps()
    return sorted(done)


def known_limits(file):
    """What the model has that bpmn-engine is known not to run as others do."""
    root = lxml.etree.parse(str(file)).getroot()
    ways = collections.defaultdict(list)
    comes = collections.Counter()
    for flow in root.iter(MODEL + "sequenceFlow"):
        ways[flow.get("sourceRef")].append(flow.get("targetRef"))
        comes[flow.get("targetRef")] += 1
    limits, open_, seen = set(), [("s", 0)], set()
    while open_:
        node, depth = open_.pop()
        if node.startswith("p") and comes[node] > 1:
            depth -= 1
        if (node, depth) in seen:
            continue
        seen.add((node, depth))
        if node.startswith("x") and depth > 0:
            limits.add("a choice on a parallel way")
        within = depth + 1 if node.startswith("p") and len(ways[node]) > 1 else depth
        open_.extend((after, within) for after in ways[node])
    for join in (node for node in comes if node.startswith("p") and comes[node] > 1):
        behind, open_ = set(), list(ways[join])
        while open_:
            node = open_.pop()
            if node not in behind:
                behind.add(node)
                open_.extend(ways[node])
        if join in behind:
            limits.add("a join in a loop")
    return " and ".join(sorted(limits))


def compare(folder, node, script):
    models = json.loads((folder / "models.json").read_text(encoding="utf-8"))
    lines = subprocess.run([node, script, str(folder)], check=True, capture_output=True, text=True).stdout
    other = {(line["model"], line["choice"]): line["done"] for line in map(json.loads, lines.splitlines())}
    runs, alike, wrong, unexplained = 0, 0, [], []
    alone = collections.Counter()
    for model in models:
        parser = BpmnParser()
        parser.add_bpmn_file(str(folder / model["file"]))
        spec, subprocesses = parser.get_spec("p"), parser.get_subprocess_specs("p")
        known = known_limits(folder / model["file"])
        for at, choice in enumerate(model["choices"]):
            runs += 1
            theirs, third = spiff(spec, subprocesses, choice), other.get((model["file"], at))
            if choice["done"] != theirs:
                wrong.append((model["file"], choice, theirs, third))
            elif third == theirs:
                alike += 1
            else:
                ended = third[0].removeprefix("error: ") if third and third[0].startswith("error: ") else "otherwise"
                alone[ended, known] += 1
                if not known:
                    unexplained.append((model["file"], choice, theirs, third))
    for file, choice, theirs, third in (wrong + unexplained)[:5]:
        print(f"{file}: {choice}\n  SpiffWorkflow: {theirs}\n  bpmn-engine: {third}", file=sys.stderr)
    print(f"{len(models)} processes, {runs} runs: Tenon and SpiffWorkflow differ in {len(wrong)}; all three do the same in {alike}")
    for (ended, known), number in sorted(alone.items()):
        print(f"  bpmn-engine stands alone in {number} ({ended}), of models with {known or 'NOTHING THAT EXPLAINS IT'}")
    return not wrong and not unexplained


def count(reference, counted):
    """Elements of BPMN's namespace outside of extension elements, by name."""
    wrong = 0
    for file in sorted(reference.glob("*.bpmn")):
        names = collections.Counter()
        open_ = [lxml.etree.parse(str(file)).getroot()]
        while open_:
            element = open_.pop()
            if not isinstance(element.tag, str):
                continue
            if element.tag.startswith(MODEL):
                names[element.tag.removeprefix(MODEL)] += 1
            if element.tag != MODEL + "extensionElements":
                open_.extend(element)
        ours = json.loads((counted / f"{file.name}.json").read_text(encoding="utf-8"))
        if dict(names) != ours:
            wrong += 1
            differing = {name: (names.get(name), ours.get(name)) for name in {*names, *ours} if names.get(name) != ours.get(name)}
            print(f"{file.name}: counted otherwise (lxml, Tenon): {differing}", file=sys.stderr)
    print(f"{len(list(reference.glob('*.bpmn')))} reference models, {wrong} counted otherwise")
    return not wrong


if __name__ == "__main__":
    directory, node_, script_ = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    sound = compare(directory, node_, script_)
    if len(sys.argv) > 4:
        sound = count(pathlib.Path(sys.argv[4]), directory) and sound
    sys.exit(0 if sound else 1)
