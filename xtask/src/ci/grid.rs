//! One face in many scenes (margin x tilt x size x place), small: it is the same face in each, and none is
//! called an attack because it fills the image.

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::exec;
use crate::running::Binary;

/// By hand more are measured: `docs/faces.md`.
const PLACES_A_CELL: &str = "1";
/// At these every face is found, however small it is.
const FOUND: [&str; 6] = [
    ", 0 degrees",
    ", 10 degrees",
    ", 20 degrees",
    ", 90 degrees",
    ", 180 degrees",
    ", 270 degrees",
];
/// At these it is no attack either.
const UPRIGHT: [&str; 3] = [", 0 degrees", ", 10 degrees", ", 20 degrees"];
/// What is cut at so many times the face, or closer, is never judged.
const CLOSE: f64 = 1.3;
/// From here on it always is.
const WIDE: f64 = 1.6;

pub fn run(binary: &Binary) -> Result<()> {
    let Some(models) = binary.installed_models()? else {
        println!("grid: not_checked: no models");
        return Ok(());
    };
    let data = models.parent().context("the folder of the models is in another")?;
    let mut measure = binary.command(&[]);
    measure.arg("--data").arg(data).args(["bench", "faces", "--grid", PLACES_A_CELL, "--json"]);
    let cells: Vec<Value> = serde_json::from_str(&exec::output(&mut measure)?)?;
    check(&cells)
}

fn check(cells: &[Value]) -> Result<()> {
    let (mut scenes, mut found, mut lowest) = (0, 0, 1.0_f64);
    for cell in cells {
        let name = cell["scene"].as_str().context("a scene without a name")?;
        let count = |member: &str| cell[member].as_u64().with_context(|| format!("{name}: {cell}"));
        let ends_with = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
        let margin = name.strip_prefix("cut at ").and_then(|cut| cut.split_once(" times"));
        let margin: Option<f64> = margin.map(|(margin, _)| margin.parse()).transpose()?;
        ensure!(count("anotherFace")? == 0, "{name}: the same face is another: {cell}");
        let is_live = margin.is_some() || ends_with(&UPRIGHT);
        ensure!(!is_live || count("calledAnAttack")? == 0, "{name}: it is called an attack");
        let is_found = margin.is_some() || ends_with(&FOUND);
        ensure!(!is_found || count("noFace")? == 0, "{name}: no face is found");
        let not_judged = count("tooClose")? + count("turned")?;
        let is_close = margin.is_some_and(|margin| margin <= CLOSE);
        ensure!(!is_close || not_judged == count("scenes")?, "{name}: it is judged, so close");
        let lost = match margin {
            Some(margin) if margin >= WIDE => not_judged,
            Some(_) => 0,
            // What is tilted may be turned too far.
            None => count("tooClose")?,
        };
        ensure!(lost == 0, "{name}: it is not judged, with so much room");
        scenes += count("scenes")?;
        found += count("scenes")? - count("noFace")?;
        lowest = lowest.min(cell["lowestMatchScore"].as_f64().unwrap_or(1.0));
    }
    ensure!(scenes > 0, "no scene was measured");
    println!("grid: the same face in {found} of {scenes} scenes, the lowest match is {lowest:.3}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn cell(scene: &str, member: &str) -> Value {
        let mut cell = json!({
            "scene": scene, "scenes": 1, "noFace": 0, "anotherFace": 0, "tooClose": 0, "turned": 0,
            "calledAnAttack": 0, "lowestMatchScore": 0.99,
        });
        if !member.is_empty() {
            cell[member] = json!(1);
        }
        cell
    }

    #[test]
    fn a_face_that_is_lost_or_accused_fails() {
        let (upright, lying, tilted) = (
            "10x10, eyes 3 px, 0 degrees",
            "10x10, eyes 3 px, 90 degrees",
            "10x10, eyes 3 px, 45 degrees",
        );
        let (close, wide) = ("cut at 1 times, 0 degrees", "cut at 1.6 times, 0 degrees");
        for (scene, member, passes) in [
            (upright, "", true),
            (upright, "anotherFace", false),
            (upright, "noFace", false),
            (upright, "calledAnAttack", false),
            (upright, "tooClose", false),
            (lying, "anotherFace", false),
            (lying, "noFace", false),
            (lying, "calledAnAttack", true),
            (tilted, "noFace", true),
            (tilted, "turned", true),
            (close, "", false),
            (close, "tooClose", true),
            (wide, "", true),
            (wide, "calledAnAttack", false),
            (wide, "tooClose", false),
            (wide, "turned", false),
            (wide, "noFace", false),
        ] {
            assert_eq!(check(&[cell(scene, member)]).is_ok(), passes, "{scene} {member}");
        }
        assert!(check(&[]).is_err());
    }
}
