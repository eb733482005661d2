//! Parts of files that are written by hand otherwise.

use crate::File;
use std::path::Path;

const BEGIN: &str = "generated from functions/catalog";
const END: &str = "end of what is generated";

/// The text of one part, with the name that its first line has before the mark, such as `Areas`.
pub struct Part {
    /// Which part of the file it is.
    pub name: &'static str,
    /// Its lines, each ended.
    pub text: String,
}

/// The file with its parts as they should be.
pub fn file(root: &Path, path: &str, parts: &[Part]) -> Result<File, String> {
    let there = std::fs::read_to_string(root.join(path)).map_err(|error| format!("{path}: {error}"))?;
    let mut text = there;
    for part in parts {
        text = replaced(&text, part)
            .ok_or_else(|| format!("{path} has no part `{}: {BEGIN}` that ends with a line `{END}`", part.name))?;
    }
    Ok(File::new(path, text))
}

fn replaced(text: &str, part: &Part) -> Option<String> {
    let begin = format!("{}: {BEGIN}", part.name);
    let mut result = String::with_capacity(text.len() + part.text.len());
    let mut lines = text.split_inclusive('\n');
    loop {
        let line = lines.next()?;
        result.push_str(line);
        if line.contains(&begin) {
            break;
        }
    }
    result.push_str(&part.text);
    let end = lines.find(|line| line.contains(END))?;
    result.push_str(end);
    result.extend(lines);
    Some(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_between_the_marks_is_replaced() {
        let part = Part { name: "Queues", text: "new\n".to_owned() };
        let text = "a\n# Queues: generated from functions/catalog\nold\nold\n# end of what is generated\nb\n";
        let wanted = "a\n# Queues: generated from functions/catalog\nnew\n# end of what is generated\nb\n";
        assert_eq!(replaced(text, &part).as_deref(), Some(wanted));
        assert_eq!(replaced(wanted, &part).as_deref(), Some(wanted));
        assert_eq!(replaced("a\n", &part), None);
        assert_eq!(replaced("# Queues: generated from functions/catalog\n", &part), None);
    }
}
