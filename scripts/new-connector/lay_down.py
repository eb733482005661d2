"""Lays down a connector: its files from the templates beside this, and its line wherever connectors are listed.

A place that is not found is an error before anything is written, so that this keeps up with the code.
"""

import argparse
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).parent
MODEL = "shared/model/src/config/"
CONNECTORS = "shared/connectors/"
SANDBOX = "infra/local/sandbox/src/"
OPERATIONS = "shared/operations/src/"
TENON = "infra/local/tenon/src/"


def files(oa):
    """Templates and where they go."""
    found = {
        "config.rs": MODEL + "connection/{{name}}.rs",
        "connector/mod.rs": CONNECTORS + "src/{{name}}/mod.rs",
        "connector/error.rs": CONNECTORS + "src/{{name}}/error.rs",
        "connector/token.rs": CONNECTORS + "src/{{name}}/token.rs",
        "connector/check.rs": CONNECTORS + "src/{{name}}/check.rs",
        "connector/suite.rs": CONNECTORS + "tests/it/{{name}}.rs",
        "sandbox/mod.rs": SANDBOX + "{{name}}/mod.rs",
    }
    if oa:
        found["connector/oa.rs"] = CONNECTORS + "src/{{name}}/oa.rs"
        found["connector/instance.rs"] = CONNECTORS + "src/{{name}}/instance.rs"
        found["connector/fixture.rs"] = CONNECTORS + "tests/it/oa/{{name}}.rs"
        found["sandbox/instances.rs"] = SANDBOX + "{{name}}/instances.rs"
    return found


# (file, a line that is there, what goes before (-) or after (+) it, whether only for an OA)
EDITS = [
    (MODEL + "connection.rs", "use super::{Secret, Tagged};", "-", "mod {{name}};\n\npub use {{name}}::{{Type}}Connection;\n\n", False),
    (MODEL + "connection.rs", "    Dingtalk(DingtalkConnection),", "+", "    /// {{Type}}.\n    {{Type}}({{Type}}Connection),\n", False),
    (MODEL + "connection.rs", "            Self::Dingtalk(c) => &c.id,", "+", "            Self::{{Type}}(c) => &c.id,\n", False),
    (MODEL + "connection.rs", '            Self::Dingtalk(_) => "dingtalk",', "+", '            Self::{{Type}}(_) => "{{name}}",\n', False),
    (MODEL + "connection.rs", '            Self::B1(c) => vec![("password", &mut c.password)],', "+", '            Self::{{Type}}(c) => vec![("app_secret", &mut c.app_secret)],\n', False),
    (MODEL + "connection.rs", '            "dingtalk" => DingtalkConnection::deserialize(keys).map(Self::Dingtalk),', "+", '            "{{name}}" => {{Type}}Connection::deserialize(keys).map(Self::{{Type}}),\n', False),
    (MODEL + "connection/bound_to.rs", "            Self::Dingtalk(DingtalkConnection {", "-", """            // Names every key, so that a new one has to say what it is.
            Self::{{Type}}(super::{{Type}}Connection { id, base_url, app_key, app_secret: _,{{#oa}} reconcile_every: _, check_open_after: _,{{/oa}} timeout: _ }) => {
                [Some(self.kind()), Some(id.as_str()), Some(base_url), Some(app_key), None, None, None]
            }
""", False),
    (MODEL + "mod.rs", "pub use connection::{", "+", "    {{Type}}Connection,\n", False),
    (MODEL + "check/connection.rs", "        Connection::Dingtalk(c) => dingtalk(found, path, c),", "+", "        Connection::{{Type}}(c) => {{name}}(found, path, c),\n", False),
    (MODEL + "check/connection.rs", "fn dingtalk(found: &mut Findings, path: &str, c: &DingtalkConnection) {", "-", """fn {{name}}(found: &mut Findings, path: &str, c: &crate::config::{{Type}}Connection) {
    found.url(&format!("{path}.base_url"), &c.base_url);
    found.filled(&format!("{path}.app_key"), &c.app_key);
    found.duration(&format!("{path}.timeout"), c.timeout, &CALL);
{{#oa}}
    found.duration(&format!("{path}.reconcile_every"), c.reconcile_every, &EVERY);
    found.duration(&format!("{path}.check_open_after"), c.check_open_after, &LOOK_UP);
{{/oa}}
}

""", False),
    (MODEL + "connection.rs", "            Self::Dingtalk(connection) => Some(connection.times()),", "+", "            Self::{{Type}}(connection) => Some(connection.times()),\n", True),
    (CONNECTORS + "src/lib.rs", "pub mod time;", "-", "pub mod {{name}};\n", False),
    (CONNECTORS + "tests/it/main.rs", "mod support;", "-", "mod {{name}};\n", False),
    (TENON + "config_file/resolve.rs", "        Connection::Dingtalk(c) => {", "-", "        Connection::{{Type}}(_) => Ok(()),\n", False),
    (SANDBOX + "lib.rs", "mod delivery;", "-", "mod {{name}};\n", False),
    (SANDBOX + "lib.rs", "pub use faults::{Fault, FaultKind};", "-", "pub use {{name}}::{ {{Type}}, {{Type}}Options, {{Type}}Snapshot};\n", False),
    (SANDBOX + "registry.rs", "    /// DingTalk.", "-", "    /// {{Type}}.\n    {{Type}} {{name}}: crate::{{name}}::{{Type}}, crate::{{name}}::{{Type}}Options, crate::{{name}}::{{Type}}Snapshot;\n", False),
    ("docs/ERRORS.md", "## DingTalk (`dingtalk.*`)", "-", "ERRORS", False),
    ("docs/ERRORS.zh.md", "## 钉钉 (`dingtalk.*`)", "-", "ERRORS.zh", False),
    (CONNECTORS + "tests/it/oa/mod.rs", "mod fixture;", "-", "mod {{name}};\n", True),
    (CONNECTORS + "tests/it/oa/mod.rs", "suite::of!(dingtalk_as_an_oa, super::dingtalk::Simulated);", "+", "suite::of!({{name}}_as_an_oa, super::{{name}}::Simulated);\n", True),
    (CONNECTORS + "src/oa/mod.rs", "    DingTalk(Box<Dingtalk<'a>>),", "+", "    /// {{Type}}.\n    {{Type}}(Box<{{Type}}<'a>>),\n", True),
    (CONNECTORS + "src/oa/mod.rs", "use crate::dingtalk::Dingtalk;", "+", "use crate::{{name}}::{{Type}};\n", True),
    (CONNECTORS + "src/oa/mod.rs", "    DingTalk,", "+", "    /// {{Type}}.\n    {{Type}},\n", True),
    (CONNECTORS + "src/oa/mod.rs", "            Oa::DingTalk($client) => $call,", "+", "            Oa::{{Type}}($client) => $call,\n", True),
    (CONNECTORS + "src/oa/mod.rs", "            OaKind::DingTalk => {", "-", "            OaKind::{{Type}} => {\n                type $client<'a> = {{Type}}<'a>;\n                $call\n            }\n", True),
    (CONNECTORS + "src/oa/mod.rs", "            Self::DingTalk(_) => OaKind::DingTalk,", "+", "            Self::{{Type}}(_) => OaKind::{{Type}},\n", True),
    (CONNECTORS + "src/oa/mod.rs", "            Connection::Dingtalk(_) => Some(Self::DingTalk),", "+", "            Connection::{{Type}}(_) => Some(Self::{{Type}}),\n", True),
    (CONNECTORS + "src/oa/mod.rs", "            Connection::Dingtalk(connection) => {", "-", """            Connection::{{Type}}(connection) => {
                Some(Self::{{Type}}(Box::new({{Type}}::new(ctx, tenant, connection.clone(), revision))))
            }
""", True),
]

# B1 and what stands beside it in one arm.
OTHERS = r"(Self::B1\(_\)(?:\s*\|\s*Self::\w+\(_\))*)"

# (file, a pattern, what it becomes, when)
REPLACED = [
    (MODEL + "connection.rs", OTHERS + r'(\s*=> "U_instanceID")', r"\1 | Self::{{Type}}(_)\2", "always"),
    (MODEL + "connection.rs", r'(KINDS: &\'static \[&\'static str\] =\s*&\[)', r'\1"{{name}}", ', "always"),
    (MODEL + "connection.rs", r'(OAS: &\'static \[&\'static str\] =\s*&\[)', r'\1"{{name}}", ', "oa"),
    # What has no app of `[[apps]]`, what has no pages of its own, and what is no OA.
    (MODEL + "connection.rs", r"(fn app\(&self\)[^}]*?)" + OTHERS + r"(\s*=> None)", r"\1\2 | Self::{{Type}}(_)\3", "always"),
    (MODEL + "connection.rs", r"(fn link\(&self\)[^}]*?)(Self::Aiflow\(_\)(?:\s*\|\s*Self::\w+\(_\))*)(\s*=> None)", r"\1\2 | Self::{{Type}}(_)\3", "always"),
    (MODEL + "connection.rs", r"(fn oa_times\(&self\)[^}]*?)" + OTHERS + r"(\s*=> None)", r"\1\2 | Self::{{Type}}(_)\3", "plain"),
    (CONNECTORS + "src/oa/mod.rs", r"(Connection::B1\(_\)(?:\s*\|\s*Connection::\w+\(_\))*)(\s*=> None)", r"\1 | Connection::{{Type}}(_)\2", "plain"),
    (CONNECTORS + "src/oa/mod.rs", r"ALL: \[Self; (\d+)\] =\s*\[([^\]]*?),?\s*\]", "ALL", "oa"),
    # What is neither an ERP nor an OA says itself whether it works.
    (OPERATIONS + "connections.rs", r"(async fn plain\([^{]*\{[^{]*match connection \{\n)", r"\1        Connection::{{Type}}(c) => tenon_connectors::{{name}}::{{Type}}::new(ctx, tenant, c.clone(), revision).try_connection().await,\n", "plain"),
    ("tests/it/docs.rs", r'(FAMILIES: &\[&str\] =\s*&\[)', r'\1"{{name}}.", ', "always"),
]

ERRORS = [
    ("refused", "permanent", "a known refusal: FILL IN", "correct what the message names"),
    ("not-found", "permanent", "there is no such record (any more)", "none"),
    ("forbidden", "permanent", "a permission is missing, or the server's address is in no list", "grant it, then retry"),
    ("unknown-outcome", "unknown-outcome", "a creation or change without a readable answer", "none; Tenon looks before it does it again"),
    ("unreachable", "transient", "nothing reached {{Type}}", "check the network and `base_url`"),
    ("no-answer", "transient", "a read was not answered in time", "if frequent, raise `timeout`"),
    ("unavailable", "transient", "{{Type}} or its gateway failed", "none"),
    ("rate-limited", "rate-limited", "too many calls", "let flows run less often"),
    ("session", "session", "a token that was just issued is not accepted", "check `base_url`"),
    ("login-busy", "transient", "another process was logging in for ten seconds", "none"),
    ("login-refused", "blocked", "the app's key or secret is wrong. Remembered: nobody tries again", "correct the connection and apply it; then `tenon check`"),
    ("answer", "transient", "an answer of an unexpected shape", "report it with the vendor's answer if it persists"),
]

# The same in Chinese, in the same order.
ERRORS_ZH = [
    ("已知的拒绝：FILL IN", "按提示更正"),
    ("没有这条记录（或已不存在）", "无需处理"),
    ("缺少权限，或服务器地址不在白名单中", "授权后重试"),
    ("新建或更改没有可读的应答", "无需处理；先查找，再决定是否重做"),
    ("无法到达{{Type}}", "检查网络和 `base_url`"),
    ("读取没有在规定时间内应答", "若经常出现，调大 `timeout`"),
    ("{{Type}}或其网关出错", "无需处理"),
    ("调用过于频繁", "降低流的频率"),
    ("刚刚签发的令牌不被接受", "检查 `base_url`"),
    ("十秒内另一进程正在登录", "无需处理"),
    ("应用的 key 或 secret 错误。系统会记住，不再尝试", "更正连接并应用；然后执行 `tenon check`"),
    ("应答结构不符", "若持续出现，附对方应答上报"),
]


def errors_zh():
    both = zip(ERRORS, ERRORS_ZH, strict=True)
    rows = "".join(f"| `{{{{name}}}}.{code}` | {kind} | {meaning} | {remedy} |\n" for (code, kind, _, _), (meaning, remedy) in both)
    return "## {{Type}} (`{{name}}.*`)\n\n| 代码 | 类别 | 含义 | 处理办法 |\n|---|---|---|---|\n" + rows + "\n"


def errors():
    rows = "".join(f"| `{{{{name}}}}.{code}` | {kind} | {meaning} | {remedy} |\n" for code, kind, meaning, remedy in ERRORS)
    return "## {{Type}} (`{{name}}.*`)\n\n| code | class | meaning | remedy |\n|---|---|---|---|\n" + rows + "\n"


def filled(text, words, oa):
    """A template with its words, and its parts for an OA or for others."""
    text = re.sub(r"\{\{#oa\}\}\n?(.*?)\{\{/oa\}\}\n?", r"\1" if oa else "", text, flags=re.S)
    text = re.sub(r"\{\{\^oa\}\}\n?(.*?)\{\{/oa\}\}\n?", "" if oa else r"\1", text, flags=re.S)
    for word, value in words.items():
        text = text.replace("{{" + word + "}}", value)
    return text.replace("{ " + words["Type"] + ", " + words["Type"] + "Options", "{" + words["Type"] + ", " + words["Type"] + "Options")


def changed(words, oa):
    """The files that list connectors, with the new one in them."""
    texts, missing = {}, []

    def text(path):
        if path not in texts:
            file = pathlib.Path(path)
            texts[path] = file.read_text(encoding="utf-8") if file.exists() else ""
        return texts[path]

    for path, line, where, new, only_oa in EDITS:
        if only_oa and not oa:
            continue
        line_at = re.search(r"^" + re.escape(line) + r"\n|^.*" + re.escape(line) + r"\n", text(path), flags=re.M)
        if line_at is None:
            missing.append(f"{path}: the line `{line.strip()}`")
            continue
        new = filled({"ERRORS": errors, "ERRORS.zh": errors_zh}.get(new, lambda: new)(), words, oa)
        at = line_at.start() if where == "-" else line_at.end()
        texts[path] = texts[path][:at] + new + texts[path][at:]
    for path, pattern, new, when in REPLACED:
        if when != "always" and (when == "oa") != oa:
            continue
        if not re.search(pattern, text(path)):
            missing.append(f"{path}: the text `{pattern}`")
        elif new == "ALL":
            more = lambda m: f"ALL: [Self; {int(m.group(1)) + 1}] = [{m.group(2)}, Self::{words['Type']}]"
            texts[path] = re.sub(pattern, more, texts[path])
        else:
            texts[path] = re.sub(pattern, filled(new, words, oa), texts[path])
    return texts, missing


def say(words, oa):
    name = words["name"]
    print(f"""{words['Type']} is laid down. Its suite runs against its simulator as it is:

  cargo fmt --all && cargo test -p tenon-connectors --test it {name}::

Each place to fill in says FILL IN:""")
    for path in files(oa).values():
        path = path.replace("{{name}}", name)
        for number, line in enumerate(pathlib.Path(path).read_text(encoding="utf-8").splitlines(), 1):
            if "FILL IN" in line:
                print(f"  {path}:{number}  {line.split('FILL IN')[1].lstrip(' :').rstrip('.') or 'its facts'}")
    print("\nThen, by hand: docs/ADDING-A-CONNECTOR.md, from step 2.")


def main():
    parser = argparse.ArgumentParser(description="Lays down the files of a connector.")
    parser.add_argument("name", nargs="?", help="lower-case letters and digits: the connection's kind and the codes' family")
    parser.add_argument("type", nargs="?", help="its name in types; the same with a capital by default")
    parser.add_argument("--oa", action="store_true", help="an OA: forms are handed in there and decided on")
    parser.add_argument("--check", action="store_true", help="only look whether every place is found")
    args = parser.parse_args()
    name = args.name or "example"
    if not re.fullmatch(r"[a-z][a-z0-9]*", name) or (args.name is None and not args.check):
        parser.error("NAME is lower-case letters and digits")
    kind = args.type or name.capitalize()
    if kind.lower() != name:
        parser.error(f"{kind} is not {name} in lower case")
    words = {"name": name, "Type": kind, "NAME": name.upper()}
    for oa in (False, True) if args.check else (args.oa,):
        texts, missing = changed(words, oa)
        if missing:
            sys.exit("not found, so nothing was written; lay_down.py has to follow the code:\n  " + "\n  ".join(missing))
    if args.check:
        return
    new = {path.replace("{{name}}", name): filled((HERE / of).read_text(encoding="utf-8"), words, args.oa) for of, path in files(args.oa).items()}
    there = [path for path in new if pathlib.Path(path).exists()]
    if there:
        sys.exit(f"there already: {', '.join(there)}")
    for path, text in {**texts, **new}.items():
        pathlib.Path(path).parent.mkdir(parents=True, exist_ok=True)
        pathlib.Path(path).write_text(text, encoding="utf-8")
    say(words, args.oa)


main()
