//! One face in many scenes (margin x tilt x size x place), small: it is the same face in each, and none is
//! called an attack because it fills the image.

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::exec;
use crate::running::Binary;

/// By hand more are measured: `docs/faces.md`.
const PLACES_A_CELL: &str = "1";
/// At these every face is found, however small it is.
const UPRIGHT: [&str; 3] = [", 0 degrees", ", 10 degrees", ", 20 degrees"];

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
        let is_cut = name.starts_with("cut at ");
        ensure!(count("anotherFace")? == 0, "{name}: the same face is another: {cell}");
        ensure!(!is_cut || count("calledAnAttack")? == 0, "{name}: it is called an attack");
        let is_easy = is_cut || UPRIGHT.iter().any(|tilt| name.ends_with(tilt));
        ensure!(!is_easy || count("noFace")? == 0, "{name}: no face is found");
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
            "scene": scene, "scenes": 1, "noFace": 0, "anotherFace": 0, "calledAnAttack": 0,
            "lowestMatchScore": 0.99,
        });
        if !member.is_empty() {
            cell[member] = json!(1);
        }
        cell
    }

    #[test]
    fn a_face_that_is_lost_or_accused_fails() {
        let (upright, lying, cut) = (
            "10x10, eyes 3 px, 0 degrees",
            "10x10, eyes 3 px, 90 degrees",
            "cut at 1 times, 0 degrees",
        );
        for (scene, member, passes) in [
            (upright, "", true),
            (upright, "anotherFace", false),
            (upright, "noFace", false),
            (lying, "anotherFace", false),
            (lying, "noFace", true),
            (lying, "calledAnAttack", true),
            (cut, "tooClose", true),
            (cut, "calledAnAttack", false),
            (cut, "noFace", false),
        ] {
            assert_eq!(check(&[cell(scene, member)]).is_ok(), passes, "{scene} {member}");
        }
        assert!(check(&[]).is_err());
    }
}
