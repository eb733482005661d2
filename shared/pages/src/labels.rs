//! What pages say: an enum a room, each of whose members has a text in every language.

macro_rules! texts {
    ($(#[$about:meta])* $all:ident; $($(#[$doc:meta])* $name:ident: $zh:literal, $en:literal;)+) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $all {
            $($(#[$doc])* $name,)+
        }

        impl $all {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// In this language.
            pub fn of(self, language: ::tenon_model::Language) -> &'static str {
                match self {
                    $(Self::$name => language.of($zh, $en),)+
                }
            }
        }
    };
}

pub(crate) use texts;

/// What is missing of texts: those that are empty, the same in both languages, or English with other than plain letters.
#[cfg(test)]
pub(crate) fn missing(
    texts: impl Iterator<Item = (String, &'static str, &'static str)>,
    others: &[&str],
) -> Vec<String> {
    let plain = |text: &str| text.chars().all(|c| c.is_ascii() || "¥–…→·“”’".contains(c));
    let sound = |zh: &str, en: &str| !zh.is_empty() && !en.is_empty() && zh != en && plain(en);
    texts.filter(|(name, zh, en)| !others.contains(&name.as_str()) && !sound(zh, en)).map(|(name, ..)| name).collect()
}
