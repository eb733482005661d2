//! What people are told, each with its words in Chinese and in English on one line of one list: whoever adds a variant has
//! to say it in both.

use crate::Language;

/// Something that people are told in their language.
pub trait Localized {
    /// Its words.
    fn text(&self, language: Language) -> String;
}

impl Localized for String {
    fn text(&self, _: Language) -> String {
        self.clone()
    }
}

impl Localized for &str {
    fn text(&self, _: Language) -> String {
        (*self).to_owned()
    }
}

impl Localized for u64 {
    fn text(&self, _: Language) -> String {
        self.to_string()
    }
}

/// Names that are listed; there may be none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names(pub Vec<String>);

impl<S: Into<String>> FromIterator<S> for Names {
    fn from_iter<I: IntoIterator<Item = S>>(names: I) -> Self {
        Self(names.into_iter().map(Into::into).collect())
    }
}

impl Localized for Names {
    fn text(&self, language: Language) -> String {
        match self.0.as_slice() {
            [] => language.of("无", "none").to_owned(),
            names => names.join(language.of("、", ", ")),
        }
    }
}

/// Names of which one is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OneOf(pub &'static [&'static str]);

impl Localized for OneOf {
    fn text(&self, language: Language) -> String {
        self.0.join(language.of("或", " or "))
    }
}

/// Makes an enum of what is told: each variant with what it names, then its words in Chinese and in English. A name in
/// braces stands for what the variant has under it; braces that are meant are doubled.
macro_rules! messages {
    ($(#[$about:meta])* $group:ident;
     $( $variant:ident $( { $( $part:ident: $kind:ty ),+ } )? : $zh:literal, $en:literal; )+) => {
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum $group {
            $(
                #[doc = $en]
                $variant $( { $( #[doc = stringify!($part)] $part: $kind ),+ } )?,
            )+
        }

        impl $crate::localized::Localized for $group {
            fn text(&self, language: $crate::Language) -> String {
                match self {
                    $( Self::$variant $( { $( $part ),+ } )? => {
                        $( $( let $part = $crate::localized::Localized::text($part, language); )+ )?
                        match language {
                            $crate::Language::Zh => format!($zh),
                            $crate::Language::En => format!($en),
                        }
                    } )+
                }
            }
        }

        /// In English.
        impl std::fmt::Display for $group {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&$crate::localized::Localized::text(self, $crate::Language::En))
            }
        }

        #[cfg(test)]
        impl $group {
            /// Every variant with its words as they are written, for tests.
            pub(crate) const WORDS: &'static [(&'static str, &'static str, &'static str)] =
                &[ $( (stringify!($variant), $zh, $en), )+ ];
        }
    };
}
pub(crate) use messages;

/// What the tests of a list hold: everything is said in Chinese, and both languages name the same.
#[cfg(test)]
pub(crate) fn holds(words: &[(&str, &str, &str)]) {
    fn named(text: &str) -> Vec<String> {
        let text = text.replace("{{", "").replace("}}", "");
        let mut named: Vec<String> =
            text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name.to_owned()).collect();
        named.sort();
        named.dedup();
        named
    }
    for (variant, zh, en) in words {
        assert_eq!(named(zh), named(en), "{variant}");
        assert!(!zh.is_ascii() || zh == en, "{variant} is not told in Chinese: {zh}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    messages! {
        /// For this test.
        Example;
        Plain: "不能为空", "is empty";
        Named { names: Names, most: u64, of: OneOf }: "{names}；最多{most}个{of}，写作{{a}}", "{names}: {most} of {of} at most, as {{a}}";
    }

    #[test]
    fn each_is_told_in_both_languages_with_what_it_names() {
        holds(Example::WORDS);
        assert_eq!(
            (Example::Plain.text(Language::Zh), Example::Plain.to_string()),
            ("不能为空".into(), "is empty".into())
        );
        let named = Example::Named { names: Names::from_iter(["x", "y"]), most: 3, of: OneOf(&["b1", "odoo"]) };
        assert_eq!(named.text(Language::Zh), "x、y；最多3个b1或odoo，写作{a}");
        assert_eq!(named.text(Language::En), "x, y: 3 of b1 or odoo at most, as {a}");
        assert_eq!(Names::default().text(Language::Zh), "无");
    }
}
