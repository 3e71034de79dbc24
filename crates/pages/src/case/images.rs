//! The images of a case: opened on demand, with what was found lying over them.

use serde_json::Value;
use verax_domain::document_reading::Corners;
use verax_domain::known_error_rates::{StrangerPairs, strangers_at};

use super::checks::short;
use crate::texts::Texts;

/// A stored image.
pub struct StoredImage {
    pub title: String,
    /// Its path, without what it is opened for.
    pub href: String,
    /// Other images that lie over it: what each shows, and its path.
    pub overlays: Vec<(String, String)>,
    pub regions: Vec<Region>,
}

/// A quadrangle on the upright image.
pub struct Region {
    pub name: String,
    /// As SVG writes points, in pixels.
    pub points: String,
}

/// A selfie beside the portrait of the document.
pub struct Comparison {
    pub has_passed: bool,
    /// 0..=1.
    pub score: f64,
    pub limit: f64,
    /// Score and limit in words.
    pub words: String,
    /// How many strangers are this alike.
    pub strangers: String,
    /// Where both faces stand; nothing where that is not known.
    pub faces: Vec<FaceOnImage>,
}

/// Where a face stands on a stored image.
pub struct FaceOnImage {
    pub title: String,
    pub href: String,
    /// What of the upright image is shown, as SVG's `viewBox` has it: a square around the face.
    pub view: String,
    /// Of the whole upright image, in pixels.
    pub width: String,
    pub height: String,
    /// The degrees by which the face is turned to be upright, and about which point.
    pub turn: String,
}

/// The square around a face is so many times as high as its box.
const ROOM: f64 = 1.7;

impl Region {
    pub fn of(name: String, corners: &Corners) -> Region {
        let points: Vec<String> = corners.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        Region { name, points: points.join(" ") }
    }
}

impl Comparison {
    /// What a registration's `compareFaceVerification` says; `None`: it does not say it.
    /// `href`: the path of the image of a record, by the name of its resource and its id.
    pub fn of(
        texts: Texts,
        comparison: &Value,
        href: impl Fn(&str, &str) -> Option<String>,
    ) -> Option<Comparison> {
        let result = comparison.get("result")?;
        let score = result.get("score")?.as_f64()?;
        let limit = result.get("compare_min_score")?.as_f64()?;
        let face = |side: &str, title: &str| {
            FaceOnImage::of(texts.get(title), &comparison["faces"][side], &href)
        };
        let faces = [face("selfie", "face-selfie"), face("document", "face-document")];
        let words = [("score", short(score)), ("limit", short(limit))];
        let words: Vec<(&'static str, &str)> =
            words.iter().map(|(name, word)| (*name, word.as_str())).collect();
        Some(Comparison {
            has_passed: result.get("passed").and_then(Value::as_bool).unwrap_or(false),
            score,
            limit,
            words: texts.with("compared-words", &words),
            strangers: strangers(texts, score),
            faces: faces.into_iter().flatten().collect(),
        })
    }

    /// Tenths of a percent along the scale.
    pub(super) fn along(&self, score: &f64) -> String {
        format!("{:.1}", score.clamp(0.0, 1.0) * 100.0)
    }
}

/// How many of the pairs of strangers that were measured are at least this alike.
fn strangers(texts: Texts, score: f64) -> String {
    let StrangerPairs { alike, of } = strangers_at(score);
    match alike {
        0 => texts.count("strangers-none", of),
        _ => texts.count("strangers", of / alike),
    }
}

impl FaceOnImage {
    fn of(
        title: String,
        place: &Value,
        href: impl Fn(&str, &str) -> Option<String>,
    ) -> Option<FaceOnImage> {
        let number = |value: &Value, name: &str| value.get(name)?.as_f64().filter(|it| *it >= 0.0);
        let text = |name: &str| place.get(name)?.as_str();
        let frame = place.get("box")?;
        let (width, height) = (number(frame, "width")?, number(frame, "height")?);
        let centre = (number(frame, "x")? + width / 2.0, number(frame, "y")? + height / 2.0);
        let side = width.max(height) * ROOM;
        let points = place.get("points")?.as_array()?;
        let eye = |index: usize| {
            let point = points.get(index)?;
            Some((number(point, "x")?, number(point, "y")?))
        };
        // The person's right eye is on the left of the image.
        let (right, left) = (eye(0)?, eye(1)?);
        let degrees = (left.1 - right.1).atan2(left.0 - right.0).to_degrees();
        let (x, y) = (centre.0 - side / 2.0, centre.1 - side / 2.0);
        Some(FaceOnImage {
            title,
            href: href(text("resource")?, text("_id")?)?,
            view: format!("{x:.1} {y:.1} {side:.1} {side:.1}"),
            width: short(number(place, "width")?),
            height: short(number(place, "height")?),
            turn: format!("rotate({:.1} {:.1} {:.1})", -degrees, centre.0, centre.1),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::texts::Language;

    fn place(resource: &str, id: &str) -> Value {
        json!({
            "resource": resource, "_id": id, "width": 640, "height": 480,
            "box": { "x": 100, "y": 50, "width": 80, "height": 100 },
            "points": [
                { "x": 120, "y": 80 }, { "x": 160, "y": 80 }, { "x": 140, "y": 100 },
                { "x": 125, "y": 120 }, { "x": 155, "y": 120 },
            ],
        })
    }

    #[test]
    fn both_faces_are_cut_to_one_size_and_turned_upright() {
        let texts = Texts(Language::English);
        let comparison = json!({
            "result": { "passed": true, "score": 0.91, "compare_min_score": 0.85 },
            "faces": {
                "selfie": place("biometric-validations", "v1"),
                "document": place("document-validations", "d1"),
            },
        });
        let href = |resource: &str, id: &str| Some(format!("/console/{resource}/{id}/image"));
        let comparison = Comparison::of(texts, &comparison, href).expect("a comparison");
        assert!(comparison.has_passed);
        let [selfie, document] = comparison.faces.as_slice() else { panic!("two faces") };
        assert_eq!(selfie.href, "/console/biometric-validations/v1/image");
        assert_eq!(document.view, "55.0 15.0 170.0 170.0");
        assert_eq!(document.turn, "rotate(-0.0 140.0 100.0)");
        assert_eq!(comparison.along(&0.85), "85.0");
    }

    #[test]
    fn a_comparison_of_another_system_shows_what_it_says() {
        let texts = Texts(Language::English);
        let href = |_: &str, _: &str| None;
        let foreign =
            json!({ "result": { "passed": false, "score": 0.2, "compare_min_score": 0.8 } });
        let comparison = Comparison::of(texts, &foreign, href).expect("a comparison");
        assert!(comparison.faces.is_empty());
        assert!(Comparison::of(texts, &json!({ "result": "yes" }), href).is_none());
    }
}
