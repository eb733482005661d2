//! How well one field fits one control, and why. Each kind of evidence has a score of its own; the best counts.

use crate::concepts::Meaning;
use crate::normal;
use crate::synonyms::{self, Claim, Place};
use crate::{Earlier, Score};
use std::collections::BTreeSet;
use tenon_model::schema::{FieldSchema, FieldType, FormControl};

/// From this on a mapping is made.
pub const SURE: Score = Score(85);
/// From this on it is shown to a person.
pub const SHOWN: Score = Score(60);

/// Why a field is taken for a control.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Another flow of the company maps it so.
    Earlier(String),
    /// They are called the same.
    SameName,
    /// The table says that the label is a name of the field.
    Synonym,
    /// The table says that it may be.
    PossibleSynonym,
    /// What the ERP calls the field is the label.
    Caption,
    /// Both say the same, word for word.
    SameWords,
    /// The ERP's caption and the label say the same, word for word.
    CaptionWords,
    /// They share most of their words.
    SomeWords,
    /// They are spelled nearly the same.
    Similar,
}

impl Reason {
    /// In words.
    pub fn words(&self) -> String {
        match self {
            Self::Earlier(flow) => format!("flow {flow} maps it so"),
            Self::SameName => "same name".to_owned(),
            Self::Synonym => "synonym".to_owned(),
            Self::PossibleSynonym => "possible synonym".to_owned(),
            Self::Caption => "same as the field's description".to_owned(),
            Self::SameWords => "same words".to_owned(),
            Self::CaptionWords => "same words as the field's description".to_owned(),
            Self::SomeWords => "shares words".to_owned(),
            Self::Similar => "similar".to_owned(),
        }
    }
}

/// A field as it is compared.
pub struct Side<'a> {
    pub field: &'a FieldSchema,
    pub is_key: bool,
    name: String,
    meaning: Meaning,
    caption: Vec<String>,
    caption_meaning: Meaning,
}

impl<'a> Side<'a> {
    pub fn new(field: &'a FieldSchema, is_key: bool) -> Self {
        let caption = field.caption.as_deref().map(normal::forms).unwrap_or_default();
        let of = |meaning| implied(meaning, field.kind);
        Self {
            field,
            is_key,
            name: normal::words(&field.name).concat(),
            meaning: of(Meaning::of_name(&field.name)),
            caption_meaning: of(caption.first().map(|text| Meaning::of_text(text)).unwrap_or_default()),
            caption,
        }
    }
}

/// A field's kind says as much as the word for it: a date that is valid-from is a date.
fn implied(meaning: Meaning, kind: FieldType) -> Meaning {
    let date = Meaning::of_text("日期").bits;
    if kind == FieldType::Date && (meaning.bits & !date) != 0 {
        Meaning { bits: meaning.bits & !date, ..meaning }
    } else {
        meaning
    }
}

/// A control's label as it is compared.
pub struct Label {
    forms: Vec<String>,
    /// What a mapping calls the control by, which another flow may be known by.
    alias: Option<String>,
    /// Without the word for a date, too.
    meanings: Vec<(Meaning, Meaning)>,
}

impl Label {
    pub fn new(control: &FormControl) -> Self {
        let forms = normal::forms(&control.label);
        let both = |text: &String| {
            let meaning = Meaning::of_text(text);
            (meaning, implied(meaning, FieldType::Date))
        };
        let alias = normal::forms(&control.name).into_iter().next();
        Self { meanings: forms.iter().map(both).collect(), forms, alias }
    }

    pub fn is_empty(&self) -> bool {
        self.forms.is_empty()
    }
}

/// How well they fit; `None` when nothing speaks for it.
pub fn score(place: Place<'_>, side: &Side<'_>, label: &Label, earlier: &[Earlier]) -> Option<(Score, Reason)> {
    let is_known = |known: &&Earlier| {
        let labels = label.forms.first().into_iter().chain(&label.alias);
        known.lines == place.lines && known.field == side.field.name && labels.into_iter().any(|l| *l == known.label)
    };
    if let Some(known) = earlier.iter().find(is_known) {
        return Some((Score(100), Reason::Earlier(known.flow.clone())));
    }
    let of = |(at, (text, meanings)): (usize, (&String, &(Meaning, Meaning)))| {
        let meaning = if side.field.kind == FieldType::Date { meanings.1 } else { meanings.0 };
        let (score, reason) = of_form(place, side, text, meaning)?;
        // What stands in brackets says what is meant, or only its unit.
        let less = if at == 0 { 0 } else { 6 };
        Some((Score(score.0.saturating_sub(less)), reason))
    };
    let all = label.forms.iter().zip(&label.meanings).enumerate();
    all.filter_map(of).max_by(|one, other| one.0.cmp(&other.0))
}

fn of_form(place: Place<'_>, side: &Side<'_>, text: &str, meaning: Meaning) -> Option<(Score, Reason)> {
    let name = side.field.name.as_str();
    if text == side.name {
        return Some((Score(99), Reason::SameName));
    }
    // Whoever made a field of this very name meant it, whatever else goes by it.
    if side.caption.first().is_some_and(|caption| caption == text) {
        return Some((Score(98), Reason::Caption));
    }
    let claim = synonyms::claim(name, place, side.is_key, text);
    if claim == Some(Claim::Named) {
        return Some((Score(97), Reason::Synonym));
    }
    if side.meaning.means_the_same(&meaning) {
        return Some((Score(92), Reason::SameWords));
    }
    if !side.caption.is_empty() && side.caption_meaning.means_the_same(&meaning) {
        return Some((Score(91), Reason::CaptionWords));
    }
    if claim == Some(Claim::Possible) {
        return Some((Score(88), Reason::PossibleSynonym));
    }
    nearly(side, text, meaning)
}

/// Within one language only: letters of two languages have nothing to say of each other.
fn nearly(side: &Side<'_>, text: &str, meaning: Meaning) -> Option<(Score, Reason)> {
    let is_chinese = text.chars().any(normal::is_han);
    let (mut best, mut why) = (0.0, Reason::SomeWords);
    for caption in side.caption.iter().filter(|caption| caption.chars().any(normal::is_han) == is_chinese) {
        let likeness = if is_chinese { dice(caption, text) } else { strsim::jaro_winkler(caption, text) };
        let least = if is_chinese { 0.8 } else { 0.92 };
        if likeness >= least && likeness > best {
            (best, why) = (0.86, Reason::Similar);
        } else if is_chinese && likeness >= 0.5 && likeness * 0.9 > best {
            (best, why) = (likeness * 0.9, Reason::Similar);
        }
    }
    if !is_chinese && strsim::jaro_winkler(&side.name, text) >= 0.95 && best < 0.84 {
        (best, why) = (0.84, Reason::Similar);
    }
    let shared = side.meaning.overlap(&meaning).max(side.caption_meaning.overlap(&meaning)) * 0.84;
    if shared > best {
        (best, why) = (shared, Reason::SomeWords);
    }
    let score = Score::of(best);
    (score >= SHOWN).then_some((score, why))
}

/// How many of their pairs of neighbours two texts share, 0 to 1.
fn dice(one: &str, other: &str) -> f64 {
    let pairs = |text: &str| -> BTreeSet<(char, char)> { text.chars().zip(text.chars().skip(1)).collect() };
    let (one, other) = (pairs(one), pairs(other));
    let all = u32::try_from(one.len() + other.len()).unwrap_or(u32::MAX);
    if all == 0 {
        return 0.0;
    }
    let shared = u32::try_from(one.intersection(&other).count()).unwrap_or(0);
    f64::from(2 * shared) / f64::from(all)
}
