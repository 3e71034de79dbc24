//! `verax eval` on folders as people have them.

use verax_lab::simulator::{cards::card, jpeg, shrunk};
use verax_vision::document::seeded::Seeded;

use super::binary::Folder;

fn image(seed: u64) -> Vec<u8> {
    jpeg(&shrunk(&card(&mut Seeded::new(seed), None).image, 0.5), 90)
}

#[test]
fn litter_is_left_out_and_what_cannot_be_read_is_named() {
    let folder = Folder::new();
    let put = |name: &str, bytes: &[u8]| {
        let path = folder.file(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, bytes).expect("a file");
    };
    let good = image(1);
    put("set/a/genuine/1.jpg", &good);
    put("set/a/genuine/2.jpg", &image(2));
    // Left by systems, in every folder.
    for place in ["set", "set/a", "set/a/genuine"] {
        for name in [".DS_Store", "Thumbs.db", "thumbs.DB", "desktop.ini", "._1.jpg", ".hidden"] {
            put(&format!("{place}/{name}"), b"litter");
        }
    }
    put("set/.git/genuine/1.jpg", b"litter");
    put("set/a/.cache/1.jpg", b"litter");
    put("set/__MACOSX/genuine/1.jpg", b"litter");

    let clean = folder.run(&["eval", "documents", "set", "--json"]).json();
    assert_eq!((clean["images"].as_u64(), clean["unreadable"].as_u64()), (Some(2), Some(0)));
    assert_eq!(clean["unreadableFiles"], serde_json::json!([]));
    // Two without an error prove little.
    let rates = clean["tables"].as_array().expect("tables");
    let rates = rates.iter().flat_map(|table| table["rates"].as_array().expect("rates"));
    let shares: Vec<_> = rates.filter(|rate| rate["value"] == 0.0).collect();
    assert!(!shares.is_empty());
    for rate in shares {
        assert!(rate["high"].as_f64() > Some(0.5), "{rate}");
    }

    put("set/a/genuine/notes.txt", b"taken on Monday");
    put("set/a/screen/cut.jpg", &good[..good.len() / 2]);
    let report = folder.run(&["eval", "documents", "set", "--json"]).json();
    assert_eq!((report["images"].as_u64(), report["unreadable"].as_u64()), (Some(2), Some(2)));
    let named = report["unreadableFiles"].as_array().expect("files");
    for (found, file) in named.iter().zip(["set/a/genuine/notes.txt", "set/a/screen/cut.jpg"]) {
        assert_eq!(found["file"], file);
        assert!(found["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{found}");
    }
    let table = folder.run(&["eval", "documents", "set"]).ok();
    assert!(
        table.starts_with("2 images, 2 files unreadable\n  set/a/genuine/notes.txt: "),
        "{table}"
    );
    assert!(table.contains("\n  set/a/screen/cut.jpg: "), "{table}");
    assert!(!table.contains("Thumbs") && !table.contains("DS_Store"), "{table}");
}

#[test]
fn a_folder_without_an_image_that_can_be_read_says_which_files_it_has() {
    let folder = Folder::new();
    let label = folder.file("set/a/genuine");
    std::fs::create_dir_all(&label).expect("a folder");
    std::fs::write(label.join(".DS_Store"), b"litter").expect("a file");
    std::fs::write(label.join("scan.pdf"), b"%PDF-1.7").expect("a file");
    let text = folder.run(&["eval", "documents", "set"]).failed();
    assert!(text.contains("set: no images in <source>/<label>/ that can be read"), "{text}");
    assert!(text.contains("scan.pdf: ") && !text.contains("DS_Store"), "{text}");
}

#[test]
fn where_corners_are_labelled_the_report_says_how_well_documents_are_found() {
    let folder = Folder::new();
    let label = folder.file("set/a/genuine");
    std::fs::create_dir_all(&label).expect("a folder");
    std::fs::write(label.join("1.jpg"), image(1)).expect("a file");
    let labels = folder.file("set/a/quads.csv");
    let heading = "path,x0,y0,x1,y1,x2,y2,x3,y3\n";
    let whole = "genuine/1.jpg,0,0,500,0,500,315,0,315\n";
    let lost = "genuine/2.jpg,0,0,500,0,500,315,0,315\n";
    std::fs::write(&labels, format!("{heading}{whole}{lost}")).expect("a file");
    let report = folder.run(&["eval", "documents", "set", "--json"]).json();
    let tables = report["tables"].as_array().expect("tables");
    let table = tables.iter().find(|table| table["what"] == "where the document lies, a");
    let rates = table.expect("a table of corners")["rates"].as_array().expect("rates");
    let named: Vec<_> = rates.iter().map(|rate| rate["name"].as_str().expect("a name")).collect();
    let reached = [0.7, 0.8, 0.9].map(|least| format!("IoU of its corners >= {least}"));
    assert_eq!(named[0], "document found");
    assert_eq!(named[1..], reached);
    assert_eq!(report["unreadable"], 1);

    let turned = "genuine/1.jpg,0,0,0,315,500,315,500,0\n";
    std::fs::write(&labels, format!("{heading}{turned}")).expect("a file");
    let text = folder.run(&["eval", "documents", "set"]).failed();
    assert!(text.contains("quads.csv, line 2: ") && text.contains("clockwise"), "{text}");
}

#[test]
fn attacks_are_trained_on_folders_of_people_and_too_few_are_counted() {
    let folder = Folder::new();
    let train = || folder.run(&["train", "attacks", "set", "--out", "head.json"]).failed();
    assert!(train().contains("cannot read set: name a folder with genuine/ and attack-…/"));
    let put = |name: &str| {
        let path = folder.file(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, image(1)).expect("a file");
    };
    // Without people, and of folders that are neither.
    for name in ["set/genuine/1.jpg", "set/attack-mask/1.jpg", "set/other/anna/1.jpg"] {
        put(name);
    }
    let text = train();
    assert!(text.contains("no images in genuine/<person>/ and attack-…/<person>/"), "{text}");
    for person in ["anna", "ben", "carla"] {
        put(&format!("set/genuine/{person}/1.jpg"));
    }
    for name in ["attack-mask/anna", "attack-mask/ben", "attack-screen/ben"] {
        put(&format!("set/{name}/1.jpg"));
    }
    let text = train();
    assert!(text.contains("attack-…/ has images of 2 people"), "{text}");
    assert!(text.contains("at least 3 are needed"), "{text}");
    put("set/attack-screen/carla/1.jpg");
    assert!(train().contains("training needs the backbone, which is not installed"));
    assert!(!folder.file("head.json").exists());
}
