//! Error rates, their intervals and their figure.

use verax_vision::metrics::{PlotSeries, Rate, ScoredSet, error_tradeoff_svg};

fn near(left: f64, right: f64, tolerance: f64) -> bool {
    (left - right).abs() <= tolerance
}

#[test]
fn intervals_are_the_exact_binomial_ones() {
    // Reference values: the binomial sums in exact arithmetic, solved by bisection.
    for (errors, trials, low, high) in [
        (0, 30, 0.0, 0.115_703),
        (3, 36, 0.017_525, 0.224_676),
        (6, 6, 0.540_742, 1.0),
        (50, 1_000, 0.037_336, 0.065_385),
    ] {
        let interval = Rate { errors, trials }.interval_95().unwrap();
        assert!(near(interval.low, low, 2e-5), "{errors}/{trials}: {interval:?}");
        assert!(near(interval.high, high, 2e-5), "{errors}/{trials}: {interval:?}");
    }
}

#[test]
fn nothing_tried_is_no_rate() {
    let none = Rate { errors: 0, trials: 0 };
    assert_eq!(none.value(), None);
    assert_eq!(none.interval_95(), None);
    assert_eq!(ScoredSet::new(vec![0.5], vec![]).equal_error(), None);
}

#[test]
fn a_score_at_the_threshold_is_accepted() {
    let set = ScoredSet::new(vec![0.5, 0.9], vec![0.1, 0.5]);
    let point = set.at(0.5);
    assert_eq!(point.false_accepts, Rate { errors: 1, trials: 2 });
    assert_eq!(point.false_rejects, Rate { errors: 0, trials: 2 });
}

#[test]
fn classes_that_are_apart_have_an_equal_error_of_zero_in_the_gap() {
    let set = ScoredSet::new(vec![0.8, 0.9], vec![0.1, 0.2]);
    let equal = set.equal_error().unwrap();
    assert_eq!(equal.rate, 0.0);
    assert!(near(equal.threshold, 0.5, 1e-12));
    assert_eq!(set.area_under_roc(), Some(1.0));
}

#[test]
fn classes_that_overlap_cross_where_the_rates_are_equal() {
    let set = ScoredSet::new(vec![0.3, 0.6, 0.7, 0.8], vec![0.1, 0.2, 0.4, 0.65]);
    let equal = set.equal_error().unwrap();
    assert!(near(equal.rate, 0.25, 1e-12), "{equal:?}");
    let point = set.at(equal.threshold);
    assert_eq!(point.false_accepts.errors, point.false_rejects.errors);
}

#[test]
fn a_threshold_for_a_rate_holds_that_rate_and_no_lower_one_does() {
    let unwanted: Vec<f64> = (0..1_000).map(|n| f64::from(n) / 1_000.0).collect();
    let set = ScoredSet::new(vec![1.0], unwanted);
    for rate in [0.0, 0.001, 0.01, 0.5] {
        let threshold = set.threshold_for_false_accepts(rate).unwrap();
        assert!(set.at(threshold).false_accepts.value().unwrap() <= rate);
        assert!(set.at(threshold.next_down()).false_accepts.value().unwrap() > rate);
    }
}

#[test]
fn the_figure_is_text_that_escapes_names() {
    let set = ScoredSet::new(vec![0.8, 0.9], vec![0.1, 0.2]);
    let series = [PlotSeries { name: "a<b>", scores: &set, threshold: Some(0.5) }];
    let svg = error_tradeoff_svg("faces & pairs", "FMR", "FNMR", &series);
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
    assert!(svg.contains("faces &amp; pairs") && svg.contains("a&lt;b&gt;"));
    assert!(!svg.contains("NaN") && !svg.contains("inf"));
}
