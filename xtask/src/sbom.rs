//! The software bill of materials of the binary: CycloneDX 1.5 from what cargo has resolved.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use crate::exec;

const ROOT: &str = "verax-server";
const BINARY: &str = "verax";
const FILE: &str = "sbom.cdx.json";

/// `cargo xtask sbom [--out FILE]`.
pub fn run(mut arguments: lexopt::Parser) -> Result<()> {
    use lexopt::prelude::*;
    let mut out = None;
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("out") => out = Some(PathBuf::from(arguments.value()?)),
            other => return Err(other.unexpected().into()),
        }
    }
    let out = match out {
        Some(out) => out,
        None => exec::target_dir()?.join(FILE),
    };
    let count = write(&out)?;
    println!("{count} components of {BINARY} on {}: {}", host()?, out.display());
    Ok(())
}

/// Writes the bill; the number of its components.
pub fn write(out: &Path) -> Result<usize> {
    let lock = std::fs::read_to_string(exec::root().join("Cargo.lock"))?;
    let bill = bill(&Resolved::of(&metadata()?)?, &checksums(&lock))?;
    std::fs::write(out, serde_json::to_string_pretty(&bill)?)
        .with_context(|| out.display().to_string())?;
    Ok(bill["components"].as_array().map_or(0, Vec::len))
}

/// What cargo has resolved for this machine.
pub fn metadata() -> Result<Value> {
    let words = ["metadata", "--format-version", "1", "--locked", "--filter-platform", &host()?];
    let metadata = exec::output(exec::cargo().args(words).args(exec::WORKSPACE_FEATURES))?;
    Ok(serde_json::from_str(&metadata)?)
}

pub fn host() -> Result<String> {
    let text = exec::output(Command::new("rustc").arg("-vV"))?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc names no host")?.to_owned())
}

/// The SHA-256 of each package's archive, by name and version.
fn checksums(lock: &str) -> BTreeMap<(String, String), String> {
    let value = |package: &str, key: &str| {
        let line = package.lines().find_map(|line| line.strip_prefix(key));
        line.map(|value| value.trim_matches('"').to_owned())
    };
    let packages = lock.split("[[package]]").filter_map(|package| {
        let (name, version) = (value(package, "name = ")?, value(package, "version = ")?);
        Some(((name, version), value(package, "checksum = ")?))
    });
    packages.collect()
}

/// What the binary is built from: its own packages and all that they need, but not what only tests need.
pub struct Resolved {
    /// By their ids.
    packages: BTreeMap<String, Value>,
    needs: BTreeMap<String, Vec<String>>,
    root: String,
}

impl Resolved {
    pub fn of(metadata: &Value) -> Result<Resolved> {
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let mut packages: BTreeMap<String, Value> = list(&metadata["packages"])
            .into_iter()
            .filter_map(|package| Some((package["id"].as_str()?.to_owned(), package)))
            .collect();
        let needs: BTreeMap<String, Vec<String>> = list(&metadata["resolve"]["nodes"])
            .iter()
            .filter_map(|node| Some((node["id"].as_str()?.to_owned(), needed(node))))
            .collect();
        let root = packages.iter().find(|(_, package)| package["name"] == ROOT);
        let root = root.with_context(|| format!("there is no package {ROOT}"))?.0.clone();
        let mut found = BTreeSet::from([root.clone()]);
        let mut waiting = vec![root.clone()];
        while let Some(id) = waiting.pop() {
            let needs = needs.get(&id).with_context(|| format!("{id} is not resolved"))?;
            waiting.extend(needs.iter().filter(|it| found.insert((*it).clone())).cloned());
        }
        packages.retain(|id, _| found.contains(id));
        ensure!(packages.len() == found.len(), "a package is needed and not there");
        Ok(Resolved { packages, needs, root })
    }

    pub fn packages(&self) -> impl Iterator<Item = &Value> {
        self.packages.values()
    }
}

/// # Errors
/// A package without a licence, or one from elsewhere without a checksum: the bill would not be
/// whole.
fn bill(resolved: &Resolved, checksums: &BTreeMap<(String, String), String>) -> Result<Value> {
    let Resolved { packages, needs, root } = resolved;
    let root_package = packages.get(root).context("no root")?;
    let reference = |id: &String| packages.get(id).map(purl).with_context(|| format!("no {id}"));
    let (mut components, mut dependencies) = (Vec::new(), Vec::new());
    for (id, package) in packages {
        if id != root {
            components.push(component(package, checksums)?);
        }
        let mut needed: Vec<String> =
            needs.get(id).into_iter().flatten().map(reference).collect::<Result<_>>()?;
        needed.sort();
        dependencies.push(json!({ "ref": purl(package), "dependsOn": needed }));
    }
    Ok(json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": { "component": {
            "type": "application",
            "bom-ref": purl(root_package),
            "name": BINARY,
            "version": root_package["version"],
            "purl": purl(root_package),
            "licenses": [{ "expression": root_package["license"] }],
        }},
        "components": components,
        "dependencies": dependencies,
    }))
}

/// The packages that a node needs to be built or to run.
fn needed(node: &Value) -> Vec<String> {
    let of_kind = |dependency: &&Value| {
        let kinds = dependency["dep_kinds"].as_array();
        kinds.is_some_and(|kinds| kinds.iter().any(|it| it["kind"] != "dev"))
    };
    let dependencies = node["deps"].as_array().into_iter().flatten().filter(of_kind);
    dependencies.filter_map(|it| Some(it["pkg"].as_str()?.to_owned())).collect()
}

fn component(package: &Value, checksums: &BTreeMap<(String, String), String>) -> Result<Value> {
    let text = |name: &str| package[name].as_str().map(str::to_owned);
    let (name, version) =
        (text("name").context("no name")?, text("version").context("no version")?);
    let license = text("license").with_context(|| format!("{name} {version} has no licence"))?;
    let mut component = json!({
        "type": "library",
        "bom-ref": purl(package),
        "name": name,
        "version": version,
        "purl": purl(package),
        // The slash is an older spelling of the same.
        "licenses": [{ "expression": license.replace(" / ", " OR ").replace('/', " OR ") }],
    });
    if let Some(description) = text("description") {
        component["description"] = description.trim().into();
    }
    // A path of ours has no archive.
    if !package["source"].is_null() {
        let sum = checksums.get(&(name.clone(), version.clone()));
        ensure!(sum.is_some(), "{name} {version} has no checksum in Cargo.lock");
        component["hashes"] = json!([{ "alg": "SHA-256", "content": sum }]);
    }
    Ok(component)
}

/// A package URL.
fn purl(package: &Value) -> String {
    let text = |name: &str| package[name].as_str().unwrap_or_default().replace('+', "%2B");
    format!("pkg:cargo/{}@{}", text("name"), text("version"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, license: &str, source: Value) -> Value {
        json!({
            "id": format!("id-of-{name}"), "name": name, "version": "1.0.0+x", "license": license,
            "source": source, "description": " A crate. ",
        })
    }

    fn metadata() -> Value {
        let needs = |name: &str, kind: Value| json!({ "pkg": format!("id-of-{name}"), "dep_kinds": [{ "kind": kind }] });
        json!({
            "packages": [
                package("verax-server", "Apache-2.0", Value::Null),
                package("ours", "Apache-2.0", Value::Null),
                package("theirs", "MIT/Apache-2.0", "registry".into()),
                package("builder", "Zlib", "registry".into()),
                package("tester", "MIT", "registry".into()),
            ],
            "resolve": { "nodes": [
                { "id": "id-of-verax-server",
                  "deps": [needs("ours", Value::Null), needs("tester", "dev".into())] },
                { "id": "id-of-ours",
                  "deps": [needs("theirs", Value::Null), needs("builder", "build".into())] },
                { "id": "id-of-theirs", "deps": [] },
                { "id": "id-of-builder", "deps": [needs("theirs", Value::Null)] },
                { "id": "id-of-tester", "deps": [] },
            ]},
        })
    }

    fn sums() -> BTreeMap<(String, String), String> {
        let lock = "version = 4\n\n[[package]]\nname = \"theirs\"\nversion = \"1.0.0+x\"\nsource = \
                    \"registry\"\nchecksum = \"aa\"\n\n[[package]]\nname = \"builder\"\nversion = \
                    \"1.0.0+x\"\nchecksum = \"bb\"\n\n[[package]]\nname = \"ours\"\nversion = \
                    \"1.0.0+x\"\n";
        checksums(lock)
    }

    #[test]
    fn a_bill_names_what_is_built_in_and_not_what_only_tests_need() {
        let bill = bill(&Resolved::of(&metadata()).unwrap(), &sums()).unwrap();
        let components = bill["components"].as_array().unwrap();
        let names: Vec<_> = components.iter().map(|it| it["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["builder", "ours", "theirs"]);
        assert_eq!(components[2]["licenses"][0]["expression"], "MIT OR Apache-2.0");
        assert_eq!(components[2]["hashes"][0]["content"], "aa");
        assert_eq!(components[2]["purl"], "pkg:cargo/theirs@1.0.0%2Bx");
        assert_eq!(components[1]["hashes"], Value::Null);
        let refs: BTreeSet<_> = components
            .iter()
            .chain([&bill["metadata"]["component"]])
            .map(|it| it["bom-ref"].clone().to_string())
            .collect();
        assert_eq!(refs.len(), 4);
        for dependency in bill["dependencies"].as_array().unwrap() {
            assert!(refs.contains(&dependency["ref"].to_string()), "{dependency}");
            for needed in dependency["dependsOn"].as_array().unwrap() {
                assert!(refs.contains(&needed.to_string()), "{dependency}");
            }
        }
    }

    #[test]
    fn a_bill_that_would_not_be_whole_is_rejected() {
        let rejected = |metadata: &Value, sums: &BTreeMap<_, _>| {
            Resolved::of(metadata).and_then(|it| bill(&it, sums)).unwrap_err()
        };
        assert!(rejected(&metadata(), &BTreeMap::new()).to_string().contains("checksum"));
        let mut without = metadata();
        without["packages"][2]["license"] = Value::Null;
        assert!(rejected(&without, &sums()).to_string().contains("licence"));
        let mut without = metadata();
        without["packages"].as_array_mut().unwrap().remove(2);
        rejected(&without, &sums());
    }
}
