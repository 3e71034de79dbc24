//! Templates compared and searched.

use std::collections::BTreeMap;

use verax_vision::faces::{Gallery, Template};

// A reproducible stream of numbers in -1..1 (xorshift).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 40) as f32 / (1 << 23) as f32 - 1.0
    }

    fn template(&mut self) -> Template {
        let values: Vec<f32> = (0..128).map(|_| self.next()).collect();
        Template::normalised(&values).unwrap()
    }

    fn like(&mut self, template: &Template, noise: f32) -> Template {
        let values: Vec<f32> =
            template.values().iter().map(|value| value + self.next() * noise).collect();
        Template::normalised(&values).unwrap()
    }
}

// Every key with its best cosine, best first, equals by key.
fn one_by_one(entries: &[(u32, Template)], probe: &Template, min: f64) -> Vec<(u32, f64)> {
    let mut best: BTreeMap<u32, f64> = BTreeMap::new();
    for (key, template) in entries {
        let comparison = probe.compare(template);
        if comparison.match_score >= min {
            let cosine = best.entry(*key).or_insert(comparison.cosine);
            *cosine = cosine.max(comparison.cosine);
        }
    }
    let mut all: Vec<(u32, f64)> = best.into_iter().collect();
    all.sort_by(|left, right| right.1.total_cmp(&left.1).then(left.0.cmp(&right.0)));
    all
}

fn gallery_of(entries: &[(u32, Template)]) -> Gallery<u32> {
    let mut gallery = Gallery::new();
    for (key, template) in entries {
        gallery.insert(*key, template);
    }
    gallery
}

fn found(gallery: &Gallery<u32>, probe: &Template, min: f64, count_max: usize) -> Vec<(u32, f64)> {
    let candidates = gallery.search(probe, min, count_max, |_| true);
    candidates.into_iter().map(|found| (found.key, found.comparison.cosine)).collect()
}

// Three templates for every key, some near the probe, the keys in no order.
fn entries(numbers: &mut Numbers, probe: &Template, count: u32) -> Vec<(u32, Template)> {
    let mut entries: Vec<(u32, Template)> =
        (0..count).map(|n| (n * 7919 % (count / 3), numbers.template())).collect();
    for n in 0..count / 75 {
        let noise = 0.02 + 0.8 * n as f32 / (count / 75) as f32;
        entries[(n * 71) as usize].1 = numbers.like(probe, noise);
    }
    entries
}

#[test]
fn a_search_equals_comparing_one_by_one_in_order_and_score() {
    let mut numbers = Numbers(7);
    let probe = numbers.template();
    let mut entries = entries(&mut numbers, &probe, 3_000);
    // Equals of two keys, to see that the lower key comes first.
    entries[2_500].1 = entries[142].1.clone();
    entries[2_501].1 = entries[71].1.clone();
    let gallery = gallery_of(&entries);
    assert_eq!(gallery.len(), 3_000);
    for (count_max, min) in [(1, 0.0), (5, 0.0), (5, 0.85), (100, 0.65), (5_000, 0.0)] {
        let mut expected = one_by_one(&entries, &probe, min);
        expected.truncate(count_max);
        let found = found(&gallery, &probe, min, count_max);
        assert_eq!(found, expected, "{count_max} at least {min}");
    }
}

#[test]
fn a_search_of_what_comes_in_rising_order_equals_comparing_one_by_one() {
    let mut numbers = Numbers(23);
    let probe = numbers.template();
    let mut entries = entries(&mut numbers, &probe, 900);
    entries.sort_by(|left, right| {
        probe.compare(&left.1).cosine.total_cmp(&probe.compare(&right.1).cosine)
    });
    let expected = one_by_one(&entries, &probe, 0.0);
    assert_eq!(found(&gallery_of(&entries), &probe, 0.0, 7), expected[..7]);
}

#[test]
fn templates_with_one_large_number_are_searched_as_exactly() {
    let mut numbers = Numbers(5);
    let mut spiky = |at: usize| {
        let values: Vec<f32> =
            (0..128).map(|n| if n == at { 1.0 } else { 1e-4 * numbers.next() }).collect();
        Template::normalised(&values).unwrap()
    };
    let probe = spiky(3);
    let entries: Vec<(u32, Template)> = (0..256).map(|n| (n, spiky(n as usize % 4))).collect();
    assert_eq!(found(&gallery_of(&entries), &probe, 0.0, 300), one_by_one(&entries, &probe, 0.0));
}

#[test]
fn the_opposite_of_a_probe_is_found_when_everything_is_asked_for() {
    let mut numbers = Numbers(31);
    let probe = numbers.template();
    let opposite = Template::normalised(&probe.values().map(|value| -value)).unwrap();
    let gallery = gallery_of(&[(1, opposite)]);
    let found = found(&gallery, &probe, 0.0, 1);
    assert_eq!(found.len(), 1);
    assert!(found[0].1 < -0.999_999);
}

#[test]
fn only_keys_that_pass_the_filter_are_found() {
    let mut numbers = Numbers(13);
    let probe = numbers.template();
    let entries = entries(&mut numbers, &probe, 600);
    let is_wanted = |key: &u32| key.is_multiple_of(10);
    let mut expected = one_by_one(&entries, &probe, 0.0);
    expected.retain(|(key, _)| is_wanted(key));
    let found = gallery_of(&entries).search(&probe, 0.0, 15, is_wanted);
    let found: Vec<(u32, f64)> =
        found.into_iter().map(|found| (found.key, found.comparison.cosine)).collect();
    assert_eq!(found, expected[..15]);
}

#[test]
fn a_key_that_was_taken_out_is_not_found_and_the_others_are() {
    let mut numbers = Numbers(11);
    let probe = numbers.template();
    let mut entries = entries(&mut numbers, &probe, 300);
    let mut gallery = gallery_of(&entries);
    for key in [0, 99, 41, 42, 7] {
        assert!(gallery.contains(&key));
        assert_eq!(gallery.remove(&key), 3, "every template of {key}");
        assert!(!gallery.contains(&key));
        entries.retain(|(other, _)| *other != key);
        assert_eq!(found(&gallery, &probe, 0.0, 300), one_by_one(&entries, &probe, 0.0));
    }
    assert_eq!(gallery.remove(&7), 0);
    assert_eq!(gallery.len(), 285);
}

#[test]
fn an_empty_gallery_finds_nothing() {
    let probe = Numbers(3).template();
    let gallery = Gallery::<u32>::default();
    assert!(found(&gallery, &probe, 0.0, 5).is_empty());
    assert!(gallery.is_empty());
}
