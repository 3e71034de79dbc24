//! An error trade-off (DET) figure with the score distributions beside it, as SVG text.

use std::fmt::Write as _;

use super::{Rate, ScoredSet};

/// One curve of the figure.
pub struct PlotSeries<'a> {
    pub name: &'a str,
    pub scores: &'a ScoredSet,
    /// The threshold in use, marked on the curve.
    pub threshold: Option<f64>,
}

const COLOURS: [&str; 6] = ["#1f4e9e", "#c2410c", "#15803d", "#7e22ce", "#0e7490", "#a16207"];
// The DET axes: rates below the first are drawn on the edge.
const TICKS: [f64; 8] = [0.0005, 0.002, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4];
const RATE_MIN: f64 = 0.0005;
const RATE_MAX: f64 = 0.6;
const SIDE: f64 = 360.0;
const LEFT: f64 = 84.0;
const TOP: f64 = 68.0;
const PANEL_GAP: f64 = 90.0;
const RIGHT: f64 = 30.0;
/// Under each panel: the numbers of its axis and its name.
const AXIS_HEIGHT: f64 = 56.0;
const LINE_HEIGHT: f64 = 18.0;
/// A name above two rows of strokes.
const ROW_HEIGHT_MIN: f64 = 64.0;
const STROKE: f64 = 18.0;
const NAME_CHARS_MAX: usize = 32;

/// Draws false accepts against false rejects on normal-deviate axes, and beside it how the wanted
/// (above the line) and unwanted (below it) scores of each series lie. Rates that a series is too
/// small to show (the exact 95 % bound of no error at all) are shaded in its colour, and named.
pub fn error_tradeoff_svg(
    title: &str,
    false_accepts_name: &str,
    false_rejects_name: &str,
    series: &[PlotSeries<'_>],
) -> String {
    let rows_height = row_height(series.len()) * series.len() as f64;
    let legend_top = TOP + SIDE.max(rows_height) + AXIS_HEIGHT;
    let width = LEFT + SIDE + PANEL_GAP + SIDE + RIGHT;
    let height = legend_top + LINE_HEIGHT * series.len() as f64 + LINE_HEIGHT;
    let mut svg = String::new();
    // Writing to a String cannot fail.
    let _ = write!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>\n\
         <text x=\"{LEFT}\" y=\"24\" font-size=\"15\">{}</text>\n",
        escaped(title)
    );
    for (index, one) in series.iter().enumerate() {
        unproven(&mut svg, one.scores, COLOURS[index % COLOURS.len()]);
    }
    axes(&mut svg, false_accepts_name, false_rejects_name);
    let _ = writeln!(
        svg,
        "<text x=\"{LEFT}\" y=\"{}\">shaded: rates that so few trials cannot show</text>",
        TOP - 14.0
    );
    for (index, one) in series.iter().enumerate() {
        let colour = COLOURS[index % COLOURS.len()];
        curve(&mut svg, one, colour);
        let y = legend_top + LINE_HEIGHT * (index as f64 + 1.0);
        legend(&mut svg, one, [false_accepts_name, false_rejects_name], colour, y);
    }
    distributions(&mut svg, series);
    svg.push_str("</svg>\n");
    svg
}

fn row_height(rows: usize) -> f64 {
    (SIDE / rows.max(1) as f64).max(ROW_HEIGHT_MIN)
}

/// The rate that no error in so many trials does not exclude; all of them without a trial.
fn unproven_rate(trials: usize) -> f64 {
    Rate { errors: 0, trials }.interval_95().map_or(1.0, |interval| interval.high)
}

fn unproven(svg: &mut String, scores: &ScoredSet, colour: &str) {
    let accepts = x_of(unproven_rate(scores.unwanted().len()));
    let rejects = y_of(unproven_rate(scores.wanted().len()));
    let (right, bottom) = (LEFT + SIDE, TOP + SIDE);
    // One path for both strips, so that their corner is not twice as dark.
    let _ = writeln!(
        svg,
        "<path class=\"unproven\" d=\"M{LEFT} {TOP}H{accepts:.1}V{rejects:.1}H{right}V{bottom}H{LEFT}Z\" \
         fill=\"{colour}\" fill-opacity=\"0.08\"/>"
    );
}

fn legend(svg: &mut String, series: &PlotSeries<'_>, rates: [&str; 2], colour: &str, y: f64) {
    let (wanted, unwanted) = (series.scores.wanted().len(), series.scores.unwanted().len());
    let _ = writeln!(
        svg,
        "<rect x=\"{LEFT}\" y=\"{}\" width=\"10\" height=\"10\" fill=\"{colour}\"/>\n\
         <text x=\"{}\" y=\"{y}\">{} ({wanted} + {unwanted}); shaded: {} below {}, {} below {}</text>",
        y - 10.0,
        LEFT + 16.0,
        escaped(&short_name(series.name)),
        escaped(rates[0]),
        percent(unproven_rate(unwanted)),
        escaped(rates[1]),
        percent(unproven_rate(wanted)),
    );
}

fn short_name(name: &str) -> String {
    if name.chars().count() <= NAME_CHARS_MAX {
        return name.to_owned();
    }
    name.chars().take(NAME_CHARS_MAX - 1).chain(['…']).collect()
}

fn axes(svg: &mut String, x_name: &str, y_name: &str) {
    let bottom = TOP + SIDE;
    let _ = writeln!(
        svg,
        "<rect x=\"{LEFT}\" y=\"{TOP}\" width=\"{SIDE}\" height=\"{SIDE}\" fill=\"none\" stroke=\"#444\"/>"
    );
    for tick in TICKS {
        let (x, y) = (x_of(tick), y_of(tick));
        let _ = write!(
            svg,
            "<path d=\"M{x:.1} {TOP}V{bottom}M{LEFT} {y:.1}H{right}\" stroke=\"#ddd\"/>\n\
             <text x=\"{x:.1}\" y=\"{label_y}\" text-anchor=\"middle\">{percent}</text>\n\
             <text x=\"{label_x}\" y=\"{text_y:.1}\" text-anchor=\"end\">{percent}</text>\n",
            right = LEFT + SIDE,
            label_y = bottom + 20.0,
            label_x = LEFT - 6.0,
            text_y = y + 4.0,
            percent = percent(tick),
        );
    }
    let _ = write!(
        svg,
        "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>\n\
         <text transform=\"translate(20 {}) rotate(-90)\" text-anchor=\"middle\">{}</text>\n",
        LEFT + SIDE / 2.0,
        bottom + 40.0,
        escaped(x_name),
        TOP + SIDE / 2.0,
        escaped(y_name),
    );
}

fn curve(svg: &mut String, series: &PlotSeries<'_>, colour: &str) {
    let mut path = String::new();
    for point in series.scores.operating_points() {
        let (Some(accepts), Some(rejects)) =
            (point.false_accepts.value(), point.false_rejects.value())
        else {
            continue;
        };
        let verb = if path.is_empty() { 'M' } else { 'L' };
        let _ = write!(path, "{verb}{:.1} {:.1}", x_of(accepts), y_of(rejects));
    }
    let _ =
        writeln!(svg, "<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>");
    if let Some(threshold) = series.threshold {
        let point = series.scores.at(threshold);
        if let (Some(accepts), Some(rejects)) =
            (point.false_accepts.value(), point.false_rejects.value())
        {
            let _ = writeln!(
                svg,
                "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"5\" fill=\"{colour}\"/>",
                x_of(accepts),
                y_of(rejects)
            );
        }
    }
}

fn distributions(svg: &mut String, series: &[PlotSeries<'_>]) {
    let all = || {
        series
            .iter()
            .flat_map(|one| one.scores.wanted().iter().chain(one.scores.unwanted()))
            .copied()
    };
    let low = all().fold(f64::INFINITY, f64::min).min(0.0);
    let high = all().fold(f64::NEG_INFINITY, f64::max).max(1.0);
    let left = LEFT + SIDE + PANEL_GAP;
    let x = |score: f64| left + (score - low) / (high - low) * SIDE;
    let row = row_height(series.len());
    let bottom = TOP + SIDE.max(row * series.len() as f64);
    let _ = writeln!(
        svg,
        "<text x=\"{left}\" y=\"{}\">above each line: should be accepted; below it: rejected</text>",
        TOP - 14.0
    );
    for (index, one) in series.iter().enumerate() {
        let colour = COLOURS[index % COLOURS.len()];
        let top = TOP + row * index as f64;
        // The name has a line of its own; the strokes share what is left.
        let middle = top + LINE_HEIGHT + (row - LINE_HEIGHT) / 2.0;
        let _ = writeln!(
            svg,
            "<path d=\"M{left} {middle:.1}h{SIDE}\" stroke=\"#444\"/>\n\
             <text x=\"{left}\" y=\"{:.1}\" fill=\"{colour}\">{}</text>",
            top + 12.0,
            escaped(&short_name(one.name)),
        );
        for (scores, direction) in [(one.scores.wanted(), -1.0), (one.scores.unwanted(), 1.0)] {
            for score in scores {
                let _ = write!(
                    svg,
                    "<path d=\"M{:.1} {:.1}v{:.1}\" stroke=\"{colour}\" stroke-opacity=\"0.5\"/>",
                    x(*score),
                    middle + direction * 2.0,
                    direction * STROKE,
                );
            }
            svg.push('\n');
        }
        if let Some(threshold) = one.threshold {
            let _ = writeln!(
                svg,
                "<path d=\"M{:.1} {:.1}V{:.1}\" stroke=\"#111\" stroke-dasharray=\"4 3\"/>",
                x(threshold),
                middle - STROKE - 4.0,
                middle + STROKE + 4.0
            );
        }
    }
    for tick in 0..=10 {
        let score = low + (high - low) * f64::from(tick) / 10.0;
        let _ = writeln!(
            svg,
            "<text x=\"{:.1}\" y=\"{}\" text-anchor=\"middle\">{score:.1}</text>",
            x(score),
            bottom + 20.0
        );
    }
    let _ = writeln!(
        svg,
        "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">score</text>",
        left + SIDE / 2.0,
        bottom + 40.0
    );
}

fn x_of(rate: f64) -> f64 {
    LEFT + on_axis(rate) * SIDE
}

fn y_of(rate: f64) -> f64 {
    TOP + (1.0 - on_axis(rate)) * SIDE
}

fn on_axis(rate: f64) -> f64 {
    let (low, high) = (normal_deviate(RATE_MIN), normal_deviate(RATE_MAX));
    (normal_deviate(rate.clamp(RATE_MIN, RATE_MAX)) - low) / (high - low)
}

// The inverse of the normal distribution: Abramowitz and Stegun 26.2.23, absolute error below 4.5e-4.
fn normal_deviate(rate: f64) -> f64 {
    let tail = rate.min(1.0 - rate);
    let t = (-2.0 * tail.ln()).sqrt();
    let deviate = t
        - (2.515517 + 0.802853 * t + 0.010328 * t * t)
            / (1.0 + 1.432788 * t + 0.189269 * t * t + 0.001308 * t * t * t);
    if rate < 0.5 { -deviate } else { deviate }
}

fn percent(rate: f64) -> String {
    format!("{} %", (rate * 10_000.0).round() / 100.0)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
