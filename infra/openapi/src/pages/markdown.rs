//! The little of Markdown that the texts here use: headings, paragraphs, lists, tables, fenced blocks.

use super::html::{escape, inline, table};
use std::iter::Peekable;
use std::str::Lines;

/// HTML of a text.
pub fn render(text: &str) -> String {
    let mut html = String::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        if line.trim().is_empty() {
            continue;
        }
        html.push_str(&block(line, &mut lines));
    }
    html
}

fn block(line: &str, lines: &mut Peekable<Lines<'_>>) -> String {
    let level = line.bytes().take_while(|b| *b == b'#').count();
    if level > 0 {
        let text = line.trim_start_matches('#').trim();
        return format!("<h{level}>{}</h{level}>\n", inline(text));
    }
    if line.starts_with("```") {
        let code: Vec<&str> = lines.by_ref().take_while(|l| !l.starts_with("```")).collect();
        return format!("<pre tabindex=\"0\"><code>{}</code></pre>\n", escape(&code.join("\n")));
    }
    if line.starts_with('|') {
        let mut rows = vec![cells(line)];
        rows.extend(following(lines, |l| l.starts_with('|')).into_iter().skip(1).map(cells));
        let head: Vec<String> = rows.remove(0);
        let head: Vec<&str> = head.iter().map(String::as_str).collect();
        let rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(|cell| inline(cell)).collect()).collect();
        return table(&head, &rows);
    }
    for (mark, tag) in [("- ", "ul"), ("1. ", "ol")] {
        if line.starts_with(mark) {
            let mut items = vec![line];
            items.extend(following(lines, |l| item(l).is_some()));
            let items: String =
                items.iter().filter_map(|l| item(l)).map(|text| format!("<li>{}</li>\n", inline(text))).collect();
            return format!("<{tag}>\n{items}</{tag}>\n");
        }
    }
    let mut words = vec![line.trim()];
    words.extend(following(lines, |l| !l.trim().is_empty() && !l.starts_with(['#', '|', '`', '-'])));
    format!("<p>{}</p>\n", inline(&words.join(" ")))
}

/// The lines after this one that belong to the same block.
fn following<'t>(lines: &mut Peekable<Lines<'t>>, belongs: impl Fn(&str) -> bool) -> Vec<&'t str> {
    let mut found = Vec::new();
    while let Some(line) = lines.next_if(|l| belongs(l)) {
        found.push(line);
    }
    found
}

fn item(line: &str) -> Option<&str> {
    line.strip_prefix("- ").or_else(|| {
        let (number, text) = line.split_once(". ")?;
        (!number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())).then_some(text)
    })
}

fn cells(line: &str) -> Vec<String> {
    line.trim().trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_become_html() {
        let html = render(
            "# T\n\nfirst\nline\n\n- a\n- b\n\n1. x\n2. y\n\n| h | i |\n|---|---|\n| `1` | < |\n\n```text\n<x>\n```\n",
        );
        for part in [
            "<h1>T</h1>",
            "<p>first line</p>",
            "<ul>\n<li>a</li>\n<li>b</li>\n</ul>",
            "<ol>\n<li>x</li>\n<li>y</li>\n</ol>",
            "<th>h</th>",
            "<td><code>1</code></td><td>&lt;</td>",
            "<code>&lt;x&gt;</code></pre>",
        ] {
            assert!(html.contains(part), "{part} in {html}");
        }
        assert!(!html.contains("---"));
    }
}
