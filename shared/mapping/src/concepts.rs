//! What names and labels are made of: a field's English words and a label's Chinese ones as the same concepts, so
//! that they can be compared where they share no letter.

use crate::normal;
use std::collections::HashMap;
use std::sync::LazyLock;

/// Concepts are bits.
pub type Bits = u128;

/// What a text means, as far as its words are known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Meaning {
    /// Concepts that matter.
    pub bits: Bits,
    /// Concepts that may be left out.
    pub light: Bits,
    /// Words or characters that are not known.
    pub unknown: u32,
}

struct Lexicon {
    english: HashMap<&'static str, Bits>,
    chinese: HashMap<&'static str, Bits>,
    /// Of the longest Chinese word.
    longest: usize,
    light: Bits,
}

static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| {
    let mut lexicon = Lexicon { english: HashMap::new(), chinese: HashMap::new(), longest: 1, light: 0 };
    let lines = include_str!("../data/concepts.txt").lines().filter(|line| !line.starts_with('#'));
    for (at, line) in lines.filter(|line| !line.trim().is_empty()).enumerate() {
        let Some((name, words)) = line.split_once('=') else { continue };
        let Some(bit) = u32::try_from(at).ok().and_then(|at| (1 as Bits).checked_shl(at)) else { continue };
        let (english, chinese) = words.split_once('|').unwrap_or((words, ""));
        if name.trim().starts_with('[') {
            lexicon.light |= bit;
        }
        for word in each(english) {
            *lexicon.english.entry(word).or_default() |= bit;
        }
        for word in each(chinese) {
            lexicon.longest = lexicon.longest.max(word.chars().count());
            *lexicon.chinese.entry(word).or_default() |= bit;
        }
    }
    lexicon
});

fn each(words: &'static str) -> impl Iterator<Item = &'static str> {
    words.split(',').map(str::trim).filter(|word| !word.is_empty())
}

impl Meaning {
    /// Of a field's name.
    pub fn of_name(name: &str) -> Self {
        let mut meaning = Self::default();
        for word in normal::words(name) {
            meaning.add(LEXICON.english.get(word.as_str()).copied());
        }
        meaning
    }

    /// Of a text as it is compared ([`normal::forms`]).
    pub fn of_text(text: &str) -> Self {
        let mut meaning = Self::default();
        let letters: Vec<char> = text.chars().collect();
        let mut at = 0;
        while let Some(first) = letters.get(at).copied() {
            if !normal::is_han(first) {
                let word: String = letters.iter().skip(at).take_while(|c| !normal::is_han(**c)).collect();
                at += word.chars().count();
                let known = LEXICON.chinese.get(word.as_str()).or_else(|| LEXICON.english.get(word.as_str()));
                meaning.add(known.copied());
                continue;
            }
            let longest = (1..=LEXICON.longest.min(letters.len() - at)).rev();
            let found = longest.into_iter().find_map(|length| {
                let word: String = letters.iter().skip(at).take(length).collect();
                LEXICON.chinese.get(word.as_str()).map(|bits| (length, *bits))
            });
            at += found.map_or(1, |(length, _)| length);
            meaning.add(found.map(|(_, bits)| bits));
        }
        meaning
    }

    fn add(&mut self, known: Option<Bits>) {
        match known {
            Some(bits) => {
                self.bits |= bits & !LEXICON.light;
                self.light |= bits & LEXICON.light;
            }
            None => self.unknown += 1,
        }
    }

    /// Whether both say the same, word for word.
    pub fn means_the_same(&self, other: &Self) -> bool {
        self.bits != 0 && self.bits == other.bits && self.unknown == 0 && other.unknown == 0
    }

    /// How much of what either says both say, 0 to 1.
    pub fn overlap(&self, other: &Self) -> f64 {
        let all = self.bits.count_ones() + other.bits.count_ones() + self.unknown + other.unknown;
        if all == 0 {
            return 0.0;
        }
        f64::from(2 * (self.bits & other.bits).count_ones()) / f64::from(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_and_a_label_are_compared_by_what_they_say() {
        let same = |name: &str, label: &str| {
            let label = normal::forms(label).remove(0);
            Meaning::of_name(name).means_the_same(&Meaning::of_text(&label))
        };
        assert!(same("U_SafetyStock", "安全库存"));
        assert!(same("PlannedQuantity", "计划数量"));
        assert!(same("U_ApprovalStatus", "审核状态"));
        assert!(!same("PlannedQuantity", "完工数量"));
        assert!(!same("U_Zz", "安全库存"));
        assert!(!same("DocEntry", "单据"));
    }

    #[test]
    fn every_concept_has_a_bit() {
        let lines = include_str!("../data/concepts.txt").lines().filter(|line| line.contains('='));
        assert!(lines.count() <= 128);
    }
}
