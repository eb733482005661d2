//! Which bill of materials is written when: one that is a component of another goes first, and those that contain
//! themselves are found, however long the way round is. Pure.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

/// One of the trees that are pushed together; no two have the same code.
#[derive(Clone, Debug)]
pub struct Tree<'t> {
    /// What is made.
    pub code: &'t str,
    /// What it is made of.
    pub components: Vec<&'t str>,
}

/// The trees that contain themselves, by their place, each with a shortest way round: `A → B → A`.
pub fn cycles(trees: &[Tree<'_>]) -> BTreeMap<usize, String> {
    let graph = Graph::of(trees);
    let component = graph.strongly_connected();
    let mut size: HashMap<usize, usize> = HashMap::new();
    for id in &component {
        *size.entry(*id).or_default() += 1;
    }
    let mut found = BTreeMap::new();
    for (place, id) in component.iter().enumerate() {
        let round = size.get(id).is_some_and(|many| *many > 1) || graph.below(place).contains(&place);
        if round && let Some(way) = graph.way_round(place, &component) {
            let names: Vec<&str> = way.iter().filter_map(|at| trees.get(*at)).map(|tree| tree.code).collect();
            found.insert(place, names.join(" → "));
        }
    }
    found
}

/// The places of all other trees in the order in which they are written: each level depends on the ones before alone.
pub fn levels(trees: &[Tree<'_>], cycles: &BTreeMap<usize, String>) -> Vec<Vec<usize>> {
    let graph = Graph::of(trees);
    let counts = |place: &usize| !cycles.contains_key(place);
    let mut waits: BTreeMap<usize, usize> = BTreeMap::new();
    for place in (0..trees.len()).filter(counts) {
        waits.insert(place, graph.below(place).iter().filter(|below| counts(below)).count());
    }
    let mut levels = Vec::new();
    while !waits.is_empty() {
        let free: Vec<usize> = waits.iter().filter(|(_, left)| **left == 0).map(|(place, _)| *place).collect();
        if free.is_empty() {
            // Cannot be: what goes round was left out.
            levels.push(waits.into_keys().collect());
            return levels;
        }
        for place in &free {
            waits.remove(place);
            for above in graph.above(*place) {
                if let Some(left) = waits.get_mut(above) {
                    *left -= 1;
                }
            }
        }
        levels.push(free);
    }
    levels
}

/// Who contains whom, by place.
struct Graph {
    below: Vec<Vec<usize>>,
    above: Vec<Vec<usize>>,
}

impl Graph {
    fn of(trees: &[Tree<'_>]) -> Self {
        let places: HashMap<&str, usize> = trees.iter().enumerate().map(|(place, tree)| (tree.code, place)).collect();
        let mut graph = Self { below: Vec::new(), above: vec![Vec::new(); trees.len()] };
        for (place, tree) in trees.iter().enumerate() {
            let mut seen = HashSet::new();
            let below = tree.components.iter().filter_map(|code| places.get(code).copied());
            let below: Vec<usize> = below.filter(|at| seen.insert(*at)).collect();
            for at in &below {
                if let Some(above) = graph.above.get_mut(*at) {
                    above.push(place);
                }
            }
            graph.below.push(below);
        }
        graph
    }

    fn below(&self, place: usize) -> &[usize] {
        self.below.get(place).map_or(&[], Vec::as_slice)
    }

    fn above(&self, place: usize) -> &[usize] {
        self.above.get(place).map_or(&[], Vec::as_slice)
    }

    /// For each place the number of its component: two have the same if each contains the other. By Kosaraju, without
    /// recursion.
    fn strongly_connected(&self) -> Vec<usize> {
        let mut component = vec![usize::MAX; self.below.len()];
        for (number, start) in self.finished_last_first().into_iter().enumerate() {
            let mut left = vec![start];
            while let Some(place) = left.pop() {
                let Some(mine) = component.get_mut(place).filter(|mine| **mine == usize::MAX) else { continue };
                *mine = number;
                left.extend(self.above(place));
            }
        }
        component
    }

    fn finished_last_first(&self) -> Vec<usize> {
        let (mut order, mut seen) = (Vec::new(), HashSet::new());
        for start in 0..self.below.len() {
            if !seen.insert(start) {
                continue;
            }
            let mut way = vec![(start, 0)];
            while let Some((place, next)) = way.pop() {
                match self.below(place).get(next) {
                    Some(below) => {
                        way.push((place, next + 1));
                        if seen.insert(*below) {
                            way.push((*below, 0));
                        }
                    }
                    None => order.push(place),
                }
            }
        }
        order.reverse();
        order
    }

    /// A shortest way from a place to itself within its component, both ends included.
    fn way_round(&self, start: usize, component: &[usize]) -> Option<Vec<usize>> {
        let within = component.get(start)?;
        let mut from: HashMap<usize, usize> = HashMap::new();
        let mut left = VecDeque::from([start]);
        while let Some(place) = left.pop_front() {
            for below in self.below(place).iter().filter(|at| component.get(**at) == Some(within)) {
                if *below == start {
                    let mut way = vec![start, place];
                    let mut at = place;
                    while at != start {
                        at = *from.get(&at)?;
                        way.push(at);
                    }
                    way.reverse();
                    return Some(way);
                }
                if !from.contains_key(below) {
                    from.insert(*below, place);
                    left.push_back(*below);
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tenon_platform::Entropy;

    fn trees<'t>(all: &[(&'t str, &[&'t str])]) -> Vec<Tree<'t>> {
        all.iter().map(|(code, components)| Tree { code, components: components.to_vec() }).collect()
    }

    fn order<'t>(trees: &[Tree<'t>]) -> Vec<Vec<&'t str>> {
        let levels = levels(trees, &cycles(trees));
        levels.into_iter().map(|level| level.into_iter().map(|at| trees[at].code).collect()).collect()
    }

    #[test]
    fn r_p11_what_is_a_component_goes_first() {
        let pushed = trees(&[("A", &["B", "C", "X"]), ("B", &["C"]), ("C", &["Y"]), ("D", &[])]);
        assert!(cycles(&pushed).is_empty());
        assert_eq!(order(&pushed), [vec!["C", "D"], vec!["B"], vec!["A"]]);
    }

    #[test]
    fn r_p11_a_cycle_names_its_way_and_takes_no_other_with_it() {
        let pushed =
            trees(&[("A", &["B"]), ("B", &["C"]), ("C", &["A", "L"]), ("T", &["A"]), ("S", &["S"]), ("L", &[])]);
        let found = cycles(&pushed);
        assert_eq!(found.get(&0).unwrap(), "A → B → C → A");
        assert_eq!(found.get(&1).unwrap(), "B → C → A → B");
        assert_eq!(found.get(&4).unwrap(), "S → S");
        assert_eq!(found.keys().copied().collect::<Vec<_>>(), [0, 1, 2, 4]);
        assert_eq!(order(&pushed), [vec!["T", "L"]]);
    }

    #[test]
    fn r_p11_a_cycle_of_any_length_is_found() {
        for length in 1..=60 {
            let codes: Vec<String> = (0..length).map(|n| format!("N{n}")).collect();
            let pushed: Vec<Tree<'_>> = (0..length)
                .map(|n| Tree { code: &codes[n], components: vec![&codes[(n + 1) % length], "LEAF"] })
                .collect();
            let found = cycles(&pushed);
            assert_eq!(found.len(), length);
            assert!(found.values().all(|way| way.split(" → ").count() == length + 1), "{length}");
        }
    }

    /// Every way in which up to three trees can contain each other, and drawn ones of up to eleven: the parts of each, any
    /// of fourteen codes, itself included. With each, from where a push of it begins and whether it goes backwards.
    fn drawn() -> Vec<(Vec<Vec<usize>>, usize, bool)> {
        let entropy = Entropy::seeded(1);
        let below = |most: usize| u32::from_le_bytes(entropy.bytes().unwrap()) as usize % most;
        let mut all = Vec::new();
        for many in 1..=3_usize {
            let every = 0..1_usize << (many * many);
            let contains = |bits: usize, n: usize, part: usize| bits >> (n * many + part) & 1 == 1;
            let parts = |bits, n| (0..many).filter(|part| contains(bits, n, *part)).collect();
            all.extend(every.map(|bits| (0..many).map(|n| parts(bits, n)).collect::<Vec<Vec<usize>>>()));
        }
        let parts = |_| (0..below(5)).map(|_| below(14)).collect();
        all.extend((0..2_000).map(|_| (0..=below(11)).map(parts).collect()));
        let turned = |trees: Vec<Vec<usize>>| {
            let begin = below(trees.len());
            (trees, begin, below(2) == 0)
        };
        all.into_iter().map(turned).collect()
    }

    fn code(n: usize) -> &'static str {
        ["A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K", "L", "X", "Y"][n]
    }

    fn built(all: &[Vec<usize>]) -> Vec<Tree<'static>> {
        let parts = |parts: &Vec<usize>| parts.iter().map(|n| code(*n)).collect();
        all.iter().enumerate().map(|(n, all)| Tree { code: code(n), components: parts(all) }).collect()
    }

    /// Whether a tree contains itself, by walking everything below it.
    fn contains_itself(trees: &[Tree<'_>], start: usize) -> bool {
        let at = |code: &str| trees.iter().position(|tree| tree.code == code);
        let (mut left, mut seen) = (vec![start], HashSet::new());
        while let Some(place) = left.pop() {
            for below in trees[place].components.iter().filter_map(|code| at(code)) {
                if below == start {
                    return true;
                }
                if seen.insert(below) {
                    left.push(below);
                }
            }
        }
        false
    }

    #[test]
    fn r_p11_exactly_those_that_contain_themselves_are_left_out() {
        for (all, ..) in drawn() {
            let trees = built(&all);
            let found = cycles(&trees);
            for place in 0..trees.len() {
                assert_eq!(found.contains_key(&place), contains_itself(&trees, place), "{all:?}: {place}");
            }
            for (place, way) in &found {
                let names: Vec<&str> = way.split(" → ").collect();
                assert_eq!(names.first(), Some(&trees[*place].code), "{all:?}");
                assert_eq!(names.first(), names.last(), "{all:?}");
                for pair in names.windows(2) {
                    let tree = trees.iter().find(|tree| tree.code == pair[0]).unwrap();
                    assert!(tree.components.contains(&pair[1]), "{all:?}: {way}");
                }
            }
        }
    }

    /// The codes of each level that is written, in the order of the levels, and how many trees are not.
    fn written(trees: &[Tree<'_>]) -> (Vec<String>, usize) {
        let cycles = cycles(trees);
        let levels = levels(trees, &cycles);
        let mut written: HashSet<&str> = HashSet::new();
        for level in &levels {
            for part in level.iter().flat_map(|place| &trees[*place].components) {
                let at = trees.iter().position(|other| other.code == *part);
                assert!(at.is_none_or(|at| cycles.contains_key(&at) || written.contains(part)), "{trees:?}: {part}");
            }
            written.extend(level.iter().map(|place| trees[*place].code));
        }
        let codes = levels.iter().map(|level| {
            let mut codes: Vec<&str> = level.iter().map(|place| trees[*place].code).collect();
            codes.sort_unstable();
            codes.join(",")
        });
        (codes.collect(), cycles.len())
    }

    #[test]
    fn r_p11_whatever_the_order_of_a_push_components_come_first() {
        for (all, begin, backwards) in drawn() {
            let mut trees = built(&all);
            let before = written(&trees);
            assert_eq!(before.0.iter().map(|level| level.split(',').count()).sum::<usize>() + before.1, trees.len());
            trees.rotate_left(begin);
            if backwards {
                trees.reverse();
            }
            assert_eq!(written(&trees), before, "{all:?}: {begin} {backwards}");
        }
    }
}
