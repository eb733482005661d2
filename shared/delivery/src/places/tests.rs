//! How places are given and taken back, and who stands by or is put off.

use super::*;

fn endpoint(n: usize) -> Endpoint {
    (TenantId::new("t"), AppId::new(format!("a-{n}")))
}

fn take(under_way: &Arc<UnderWay>, of: usize, clock: &Clock) -> Option<Place> {
    let permit = under_way.places(&endpoint(of), clock.elapsed_ms()).try_acquire_owned().ok()?;
    Some(Place::take(permit, Arc::clone(under_way), endpoint(of), clock.clone()))
}

fn all(under_way: &Arc<UnderWay>, of: usize, clock: &Clock) -> Vec<Place> {
    std::iter::from_fn(|| take(under_way, of, clock)).collect()
}

/// A place of endpoint 0 comes free, and is taken again, twenty times at this distance.
fn twenty_come_free(under_way: &Arc<UnderWay>, held: &mut Vec<Place>, clock: &Clock, gap_ms: u64) {
    for _ in 0..20 {
        clock.advance(Duration::from_millis(gap_ms));
        held.remove(0);
        held.extend(all(under_way, 0, clock));
    }
}

#[test]
fn an_endpoint_that_moves_has_more_places_until_it_takes_its_time() {
    let (under_way, clock) = (Arc::<UnderWay>::default(), Clock::manual(0));
    let mut held = all(&under_way, 0, &clock);
    assert_eq!(held.len(), AT_ONCE);
    clock.advance(Duration::from_millis(20));
    held.pop();
    held.extend(all(&under_way, 0, &clock));
    assert_eq!(held.len(), AT_ONCE + MORE);
    // All of them take their time now, and each that comes back is one too many until there are as few as before.
    clock.advance(Duration::from_secs(1));
    held.truncate(AT_ONCE);
    assert!(take(&under_way, 0, &clock).is_none(), "two are still under way");
    held.pop();
    assert_eq!(all(&under_way, 0, &clock).len(), 1);
    held.clear();
    assert_eq!(all(&under_way, 0, &clock).len(), AT_ONCE, "one at which nothing is in hand begins anew");
    assert_eq!(under_way.with(|known| (known.with_more, known.taken)), (0, 0));
}

#[test]
fn few_endpoints_have_more_places_and_one_that_is_slow_has_none() {
    let (under_way, clock) = (Arc::<UnderWay>::default(), Clock::manual(0));
    let mut held: Vec<Vec<Place>> = (0..=WITH_MORE).map(|of| all(&under_way, of, &clock)).collect();
    for (of, held) in held.iter_mut().enumerate() {
        held.pop();
        held.extend(all(&under_way, of, &clock));
    }
    let counts: Vec<usize> = held.iter().map(Vec::len).collect();
    assert_eq!(counts.iter().filter(|count| **count == AT_ONCE + MORE).count(), WITH_MORE);
    assert_eq!(counts.iter().filter(|count| **count == AT_ONCE).count(), 1);
    if let Some(slow) = held.first().and_then(|held| held.first()) {
        slow.is_slow();
    }
    let entropy = Entropy::system();
    assert!(matches!(under_way.outlook(&endpoint(0), clock.elapsed_ms(), &entropy), Outlook::Slow));
    assert_eq!(under_way.with(|known| known.with_more), WITH_MORE - 1, "another may have them");
}

#[test]
fn what_has_its_turn_soon_stands_by_however_many_do() {
    let (under_way, clock, entropy) = (Arc::<UnderWay>::default(), Clock::manual(0), Entropy::system());
    let mut held: Vec<Vec<Place>> = (0..10).map(|of| all(&under_way, of, &clock)).collect();
    // Of each endpoint a place comes free every five milliseconds, and of the last every two.
    for ms in 0..300 {
        clock.advance(Duration::from_millis(1));
        for (of, held) in held.iter_mut().enumerate() {
            if ms % (if of == 9 { 2 } else { 5 }) == 0 {
                held.remove(0);
                held.extend(all(&under_way, of, &clock));
            }
        }
    }
    let now = clock.elapsed_ms();
    let expected = |of: usize| {
        let outlook = std::iter::from_fn(|| match under_way.outlook(&endpoint(of), now, &entropy) {
            Outlook::Open(expected) => Some(expected),
            Outlook::Full(_) | Outlook::Slow => None,
        });
        outlook.take(200).collect::<Vec<Expected>>()
    };
    let all: Vec<Vec<Expected>> = (0..10).map(expected).collect();
    let counts: Vec<usize> = all.iter().map(Vec::len).collect();
    // One alone does not have every worker.
    assert_eq!(counts, [vec![80; 9], vec![SOON_EACH]].concat());
}

#[test]
fn what_finds_no_room_is_put_off_until_about_its_turn() {
    let (under_way, clock) = (Arc::<UnderWay>::default(), Clock::manual(0));
    let mut held = all(&under_way, 0, &clock);
    twenty_come_free(&under_way, &mut held, &clock, 40);
    let (now, of, entropy) = (clock.elapsed_ms(), endpoint(0), Entropy::system());
    let outlook = || under_way.outlook(&of, now, &entropy);
    let expected = std::iter::from_fn(|| match outlook() {
        Outlook::Open(expected) => Some(expected),
        Outlook::Full(_) | Outlook::Slow => None,
    });
    let expected: Vec<Expected> = expected.collect();
    assert_eq!(expected.len(), STAND_BY, "twenty have their turn within a second, and so many of all may stand by");
    let mut waits = std::iter::from_fn(|| match outlook() {
        Outlook::Full(wait) => Some(wait.as_millis()),
        Outlook::Open(_) | Outlook::Slow => None,
    });
    assert_eq!(waits.by_ref().take(4).collect::<Vec<_>>(), [120, 140, 160, 180]);
    let last: Vec<u128> = waits.take(800).skip(700).collect();
    assert!(last.iter().all(|wait| (8_000..=12_000).contains(wait)), "nobody is put off for ever: {last:?}");
    drop((expected, held));
    assert_eq!(under_way.with(|known| (known.standing, known.taken)), (0, 0));
}

#[test]
fn how_fast_an_endpoint_was_is_known_after_a_moment_without_work_and_forgotten_later() {
    let (under_way, clock) = (Arc::<UnderWay>::default(), Clock::manual(0));
    let mut held = all(&under_way, 0, &clock);
    twenty_come_free(&under_way, &mut held, &clock, 4);
    held.clear();
    // Half a second in which nothing was to be done is no gap between two places.
    clock.advance(Duration::from_millis(500));
    held = all(&under_way, 0, &clock);
    held.pop();
    held.extend(all(&under_way, 0, &clock));
    let entropy = Entropy::system();
    let outlook = || under_way.outlook(&endpoint(0), clock.elapsed_ms(), &entropy);
    let mut expected = Vec::new();
    let wait = loop {
        match outlook() {
            Outlook::Open(one) => expected.push(one),
            Outlook::Full(wait) => break wait,
            Outlook::Slow => panic!("it is not slow"),
        }
    };
    assert!(wait <= SOONEST, "put off by what is known, not by {UNKNOWN:?}: {wait:?}");
    let gap = || under_way.with(|known| known.endpoints.get(&endpoint(0)).and_then(Places::gap_ms));
    assert!(gap().is_some_and(|gap| gap < 5.0), "{:?}", gap());
    drop((expected, held));
    clock.advance(Duration::from_millis(KNOWN_MS.unsigned_abs() + 1));
    let held = all(&under_way, 0, &clock);
    assert_eq!((held.len(), gap()), (AT_ONCE, None));
}

#[test]
fn an_endpoint_that_comes_to_rest_while_somebody_asks_for_a_place_gives_back_what_it_had_more() {
    for later in [0, KNOWN_MS + 1] {
        let (under_way, clock) = (Arc::<UnderWay>::default(), Clock::manual(0));
        let mut held = all(&under_way, 0, &clock);
        clock.advance(Duration::from_millis(20));
        held.pop();
        held.extend(all(&under_way, 0, &clock));
        assert_eq!((held.len(), under_way.with(|known| known.with_more)), (AT_ONCE + MORE, 1));
        let asking = under_way.places(&endpoint(0), clock.elapsed_ms());
        held.clear();
        drop(asking);
        clock.advance(Duration::from_millis(later.unsigned_abs()));
        assert_eq!(all(&under_way, 0, &clock).len(), AT_ONCE);
        assert_eq!(under_way.with(|known| known.with_more), 0, "another may have them, {later} ms later");
    }
}

#[test]
fn of_endpoints_without_work_no_more_are_kept_than_had_some_of_late() {
    let (under_way, clock) = (Arc::<UnderWay>::default(), Clock::manual(0));
    let busy = all(&under_way, 0, &clock);
    for of in 1..10_000 {
        clock.advance(Duration::from_millis(100));
        drop(take(&under_way, of, &clock));
    }
    let of_late = usize::try_from(KNOWN_MS / 100).unwrap();
    let known = under_way.with(|known| known.endpoints.len());
    assert!(known <= 2 * of_late + MANY, "{known}");
    assert!(under_way.with(|known| known.endpoints.contains_key(&endpoint(0))), "two attempts are under way");
    drop(busy);
}
