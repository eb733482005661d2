//! Pieces of HTML.

/// A text as it may stand anywhere in HTML.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A table; its cells are HTML.
pub fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let cells = |kind: &str, row: &[String]| row.iter().map(|c| format!("<{kind}>{c}</{kind}>")).collect::<String>();
    let head: Vec<String> = head.iter().map(|text| escape(text)).collect();
    let rows: String = rows.iter().map(|row| format!("<tr>{}</tr>\n", cells("td", row))).collect();
    format!(
        "<div class=\"wide\"><table>\n<thead><tr>{}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table></div>\n",
        cells("th", &head)
    )
}

/// Text with `code`, **bold**, *emphasis* and links, as Markdown writes them, in HTML.
pub fn inline(text: &str) -> String {
    let mut html = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['`', '*', '[']) {
        let (plain, special) = rest.split_at(at);
        html.push_str(&escape(plain));
        match piece(special) {
            Some((done, after)) => {
                html.push_str(&done);
                rest = after;
            }
            None => {
                let (first, after) = special.split_at(1);
                html.push_str(first);
                rest = after;
            }
        }
    }
    html + &escape(rest)
}

/// The HTML of a piece that begins with a special character, and what follows it.
fn piece(text: &str) -> Option<(String, &str)> {
    if let Some(rest) = text.strip_prefix('`') {
        let (code, after) = rest.split_once('`')?;
        return Some((format!("<code>{}</code>", escape(code)), after));
    }
    if let Some(rest) = text.strip_prefix("**") {
        let (bold, after) = rest.split_once("**")?;
        return Some((format!("<strong>{}</strong>", inline(bold)), after));
    }
    if let Some(rest) = text.strip_prefix('*') {
        let (soft, after) = rest.split_once('*')?;
        return Some((format!("<em class=\"soft\">{}</em>", inline(soft)), after));
    }
    let (label, rest) = text.strip_prefix('[')?.split_once("](")?;
    let (target, after) = rest.split_once(')')?;
    let safe = ["https://", "/", "#", "../", "./"].iter().any(|start| target.starts_with(start));
    safe.then(|| (format!("<a href=\"{}\">{}</a>", escape(target), inline(label)), after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_special_becomes_html_and_the_rest_stays_text() {
        assert_eq!(
            inline("a `<b>` **c `d`** & 3 * 4"),
            "a <code>&lt;b&gt;</code> <strong>c <code>d</code></strong> &amp; 3 * 4"
        );
        assert_eq!(inline("[x](/y) [1]"), "<a href=\"/y\">x</a> [1]");
        assert!(!inline("[x](javascript:y)").contains("<a"));
    }
}
