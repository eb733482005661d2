//! Links to outside systems, as their connections say.

use crate::encoded;

/// An address whose placeholders stand for these.
pub fn link(template: &str, values: &[(&str, &str)]) -> String {
    values.iter().fold(template.to_owned(), |link, (name, value)| link.replace(name, &encoded(value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fills_a_placeholder_is_no_part_of_the_address() {
        let values = [("{object}", "Drafts"), ("{key}", "A/1?x=\"&y")];
        let made = link("https://erp.example/{object}/{key}#top", &values);
        assert_eq!(made, "https://erp.example/Drafts/A%2F1%3Fx%3D%22%26y#top");
    }
}
