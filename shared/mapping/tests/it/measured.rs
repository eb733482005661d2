use tenon_mapping::measure::{Captions, Half, measure};

#[test]
fn pairs_that_the_table_was_not_made_from_are_found() {
    let (found, misses) = measure(Half::HeldOut, Captions::Known, true);
    assert!(found.pairs >= 60, "{found:?}");
    assert!(found.recall() >= 0.9 && found.precision() >= 0.98, "{found:?}\n{misses:#?}");
    let (found, misses) = measure(Half::Configurations, Captions::Known, true);
    assert!(found.recall() >= 0.9 && found.precision() >= 0.98, "{found:?}\n{misses:#?}");
}
