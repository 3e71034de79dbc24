//! Error rates, their intervals and their figure.

use verax_lab::metrics::{PlotSeries, Rate, ScoredSet, error_tradeoff_svg};
use verax_lab::rates::{Judged, measured_rates, measured_share};

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

#[test]
fn no_error_or_nothing_but_errors_has_the_exact_interval() {
    let share = |counts: [bool; 12]| {
        let images = counts.iter().enumerate().map(|(at, counts)| (["a", "b"][at % 2], *counts));
        let measured = measured_share("share", images).unwrap();
        (measured.value, measured.low, measured.high)
    };
    // 1 - 0.025^(1/12), to four decimals.
    assert_eq!(share([false; 12]), (0.0, 0.0, 0.2646));
    assert_eq!(share([true; 12]), (1.0, 0.7354, 1.0));

    let judged: Vec<Judged> = (0..24)
        .map(|at| Judged {
            source: ["a", "b"][at / 2 % 2].to_owned(),
            kind: "screen".to_owned(),
            attack: at % 2 == 0,
            score: [0.1, 0.9][at % 2],
        })
        .collect();
    let rates = measured_rates(&judged, &[("REGULAR", 0.5)]);
    for name in ["EER", "APCER at BPCER 5 %", "BPCER REGULAR", "APCER REGULAR screen"] {
        let rate = rates.iter().find(|rate| rate.name == name).unwrap();
        assert_eq!((rate.value, rate.low, rate.high), (0.0, 0.0, 0.2646), "{name}");
    }
}

/// Left, top, right and bottom of a text, its letters taken as wide as wide ones.
fn text_boxes(svg: &str) -> Vec<(String, [f64; 4])> {
    let attribute = |tag: &str, name: &str| -> Option<String> {
        let (_, after) = tag.split_once(&format!(" {name}=\""))?;
        Some(after.split_once('"')?.0.to_owned())
    };
    svg.split("<text")
        .skip(1)
        .filter(|text| !text.contains("rotate"))
        .map(|text| {
            let (tag, after) = text.split_once('>').unwrap();
            let shown = after.split_once('<').unwrap().0.replace("&amp;", "&");
            let number =
                |name: &str| attribute(tag, name).map(|value| value.parse::<f64>().unwrap());
            let (x, y) = (number("x").unwrap(), number("y").unwrap());
            let size = number("font-size").unwrap_or(12.0);
            let width = shown.chars().count() as f64 * size * 0.52;
            let left = match attribute(tag, "text-anchor").as_deref() {
                Some("middle") => x - width / 2.0,
                Some("end") => x - width,
                _ => x,
            };
            (shown, [left, y - 0.75 * size, left + width, y + 0.2 * size])
        })
        .collect()
}

#[test]
fn the_labels_of_a_figure_do_not_collide() {
    let set = ScoredSet::new(
        (0..40).map(|n| f64::from(n) / 40.0).collect(),
        (0..40).map(|n| f64::from(n) / 60.0).collect(),
    );
    for count in [1, 2, 6, 9] {
        let names: Vec<String> = (0..count)
            .map(|n| format!("attack-{n} of a display with a long name, and on"))
            .collect();
        let series: Vec<PlotSeries<'_>> = names
            .iter()
            .map(|name| PlotSeries { name, scores: &set, threshold: Some(0.5) })
            .collect();
        let svg = error_tradeoff_svg(
            "Presentation-attack detection",
            "false match rate",
            "false non-match rate",
            &series,
        );
        let boxes = text_boxes(&svg);
        let view = svg.split_once("viewBox=\"0 0 ").unwrap().1.split_once('"').unwrap().0;
        let (width, height) = view.split_once(' ').unwrap();
        let (width, height): (f64, f64) = (width.parse().unwrap(), height.parse().unwrap());
        for (at, (text, one)) in boxes.iter().enumerate() {
            assert!(one[0] >= 0.0 && one[2] <= width && one[3] <= height, "{text} is cut: {one:?}");
            for (other, two) in &boxes[at + 1..] {
                let apart =
                    one[2] <= two[0] || two[2] <= one[0] || one[3] <= two[1] || two[3] <= one[1];
                assert!(apart, "{text} {one:?} collides with {other} {two:?}");
            }
        }
        // The strokes of the scores keep clear of the names.
        for path in svg.split("<path d=\"M").skip(1).filter(|path| path.contains("stroke-opacity"))
        {
            let path = path.split_once('"').unwrap().0;
            let (start, length) = path.split_once('v').unwrap();
            let (x, y) = start.split_once(' ').unwrap();
            let (x, y): (f64, f64) = (x.parse().unwrap(), y.parse().unwrap());
            let end = y + length.parse::<f64>().unwrap();
            let (top, bottom) = (y.min(end), y.max(end));
            for (text, [left, above, right, below]) in &boxes {
                let apart = x < *left || x > *right || bottom < *above || top > *below;
                assert!(apart, "a stroke at {x}, {top}..{bottom} crosses {text}");
            }
        }
    }
}

#[test]
fn a_figure_shades_and_names_what_so_few_trials_cannot_show() {
    let figure = |wanted: usize, unwanted: usize| {
        let set = ScoredSet::new(vec![0.9; wanted], vec![0.1; unwanted]);
        let series = [PlotSeries { name: "set", scores: &set, threshold: None }];
        error_tradeoff_svg("t", "APCER", "BPCER", &series)
    };
    // 1 - 0.025^(1/n): 30 and 1000 trials.
    let few = figure(30, 1000);
    assert!(few.contains("APCER below 0.37 %, BPCER below 11.57 %"), "{few}");
    assert_eq!(few.matches("class=\"unproven\"").count(), 1);
    let none = figure(30, 0);
    assert!(none.contains("APCER below 100 %"), "{none}");
}
