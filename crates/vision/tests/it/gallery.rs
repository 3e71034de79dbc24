//! Templates compared and searched.

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

fn one_by_one(templates: &[Template], probe: &Template, min: f64) -> Vec<(usize, f64)> {
    let mut all: Vec<(usize, f64)> = templates
        .iter()
        .enumerate()
        .map(|(index, template)| (index, probe.compare(template)))
        .filter(|(_, comparison)| comparison.match_score >= min)
        .map(|(index, comparison)| (index, comparison.cosine))
        .collect();
    all.sort_by(|left, right| right.1.total_cmp(&left.1).then(left.0.cmp(&right.0)));
    all
}

#[test]
fn a_search_equals_comparing_one_by_one_in_order_and_score() {
    let mut numbers = Numbers(7);
    let probe = numbers.template();
    let mut templates: Vec<Template> = (0..3_000).map(|_| numbers.template()).collect();
    for n in 0..40 {
        templates[n * 71] = numbers.like(&probe, 0.02 + 0.01 * n as f32);
    }
    // Equals, to see that the first comes first.
    templates[2_500] = templates[142].clone();
    let mut gallery = Gallery::with_capacity(templates.len());
    for template in &templates {
        gallery.push(template);
    }
    for (count_max, min) in [(1, 0.0), (5, 0.0), (5, 0.85), (100, 0.65), (5_000, 0.0)] {
        let found: Vec<(usize, f64)> = gallery
            .search(&probe, count_max, min)
            .iter()
            .map(|candidate| (candidate.index, candidate.comparison.cosine))
            .collect();
        let mut expected = one_by_one(&templates, &probe, min);
        expected.truncate(count_max);
        assert_eq!(found, expected, "{count_max} at least {min}");
    }
}

#[test]
fn a_template_that_was_taken_out_is_not_found() {
    let mut numbers = Numbers(11);
    let templates: Vec<Template> = (0..10).map(|_| numbers.template()).collect();
    let mut gallery = Gallery::default();
    for template in &templates {
        gallery.push(template);
    }
    gallery.swap_remove(3);
    assert_eq!(gallery.len(), 9);
    assert!(gallery.search(&templates[3], 1, 0.85).is_empty());
    assert_eq!(gallery.search(&templates[9], 1, 0.85)[0].index, 3, "the last took its place");
}

#[test]
fn an_empty_gallery_finds_nothing() {
    let probe = Numbers(3).template();
    assert!(Gallery::default().search(&probe, 5, 0.0).is_empty());
    assert!(Gallery::default().is_empty());
}
