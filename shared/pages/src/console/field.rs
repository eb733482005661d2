//! Fields of forms: each with its label, what helps, and what was wrong with it.

use maud::{Markup, html};

/// One of the values to choose from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What is shown.
    pub name: String,
}

impl Choice {
    /// A value and its name.
    pub fn new(value: impl Into<String>, name: impl Into<String>) -> Self {
        Self { value: value.into(), name: name.into() }
    }
}

/// A field.
#[derive(Clone, Copy, Debug)]
pub struct Field<'f> {
    /// Its name, and its id.
    pub name: &'f str,
    /// Its label.
    pub label: &'f str,
    /// The kind of input.
    pub kind: &'f str,
    /// What stands in it.
    pub value: &'f str,
    /// What helps.
    pub hint: &'f str,
    /// What was wrong.
    pub wrong: Option<&'f str>,
    /// Whether it must be filled in.
    pub required: bool,
    /// Most characters.
    pub most: Option<u32>,
}

impl<'f> Field<'f> {
    /// A line of text.
    pub fn text(name: &'f str, label: &'f str, value: &'f str) -> Self {
        Self { name, label, kind: "text", value, hint: "", wrong: None, required: false, most: None }
    }

    /// Of another kind.
    #[must_use]
    pub fn of(self, kind: &'f str) -> Self {
        Self { kind, ..self }
    }

    /// With something that helps.
    #[must_use]
    pub fn hint(self, hint: &'f str) -> Self {
        Self { hint, ..self }
    }

    /// With what was wrong, when it was this one.
    #[must_use]
    pub fn wrong(self, wrong: Option<(&str, &'f str)>) -> Self {
        let own = wrong.filter(|(field, _)| field.split(['[', '.']).next() == Some(self.name)).map(|(_, told)| told);
        Self { wrong: own, ..self }
    }

    /// That must be filled in.
    #[must_use]
    pub fn required(self) -> Self {
        Self { required: true, ..self }
    }

    /// Of so many characters at most.
    #[must_use]
    pub fn most(self, most: u32) -> Self {
        Self { most: Some(most), ..self }
    }

    /// The field.
    pub fn markup(&self) -> Markup {
        self.around(&html! {
            input id=(self.name) name=(self.name) type=(self.kind) value=(self.value) maxlength=[self.most]
                required[self.required] aria-invalid=[self.wrong.map(|_| "true")]
                aria-describedby=[self.described()] autocomplete=[(self.kind == "password").then_some("off")];
        })
    }

    /// As several lines.
    pub fn lines(&self) -> Markup {
        self.around(&html! {
            textarea id=(self.name) name=(self.name) rows="3" maxlength=[self.most] required[self.required]
                aria-invalid=[self.wrong.map(|_| "true")] aria-describedby=[self.described()] { (self.value) }
        })
    }

    /// As a choice.
    pub fn choice(&self, choices: &[Choice]) -> Markup {
        self.around(&html! {
            select id=(self.name) name=(self.name) aria-describedby=[self.described()] {
                @for choice in choices { option value=(choice.value) selected[choice.value == self.value] { (choice.name) } }
            }
        })
    }

    fn described(&self) -> Option<String> {
        match (self.hint.is_empty(), self.wrong) {
            (true, None) => None,
            (_, Some(_)) => Some(format!("{}-wrong", self.name)),
            (false, None) => Some(format!("{}-hint", self.name)),
        }
    }

    fn around(&self, input: &Markup) -> Markup {
        html! {
            div.field {
                label for=(self.name) { (self.label) }
                (input)
                @if let Some(wrong) = self.wrong { p.wrong id={ (self.name) "-wrong" } { (wrong) } }
                @else if !self.hint.is_empty() { p.hint id={ (self.name) "-hint" } { (self.hint) } }
            }
        }
    }
}

/// A box to tick.
pub fn tick(name: &str, label: &str, ticked: bool, required: bool) -> Markup {
    html! {
        label.check { input type="checkbox" name=(name) value="true" checked[ticked] required[required]; span { (label) } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_wrong_stands_at_its_field_and_is_read_with_it() {
        let field = Field::text("allowIps", "IP", "<x>").hint("h").wrong(Some(("allowIps[1]", "no")));
        let shown = field.lines().into_string();
        assert!(shown.contains("aria-describedby=\"allowIps-wrong\"") && shown.contains("&lt;x&gt;"), "{shown}");
        let other = Field::text("appName", "n", "").hint("h").wrong(Some(("allowIps[1]", "no"))).markup().into_string();
        assert!(other.contains("appName-hint") && !other.contains("no</p>"), "{other}");
    }
}
