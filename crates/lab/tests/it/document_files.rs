//! Files that were through an editor, made here byte by byte, and files of phones that were not.

use verax_domain::document_findings::DocumentEvidence;
use verax_lab::simulator::jpeg;
use verax_vision::document::seeded::Seeded;
use verax_vision::document::{READS_PROVENANCE, file_forensics};
use verax_vision::image::{DecodeLimits, Image};

use crate::document_bytes::{Field, evidence, exif, image, png, small, with_segment, with_text};

fn phone(make: &'static str, software: &'static str) -> Vec<u8> {
    let image = image(1);
    let preview = Image::decode(&jpeg(&small(&image), 80), &DecodeLimits::default()).unwrap();
    let body = exif(
        &[
            Field::Text(0x010F, make),
            Field::Text(0x0131, software),
            Field::Text(0x0132, "2024:05:01 10:00:02"),
        ],
        &[
            Field::Text(0x9003, "2024:05:01 10:00:02"),
            Field::Long(0xA002, image.width),
            Field::Long(0xA003, image.height),
        ],
        Some(&jpeg(&preview, 70)),
    );
    with_segment(&jpeg(&image, 95), 0xE1, &body)
}

#[test]
fn phone_files_of_three_vendors_show_nothing() {
    for (make, software) in
        [("Apple", "17.4.1"), ("samsung", "A546BXXS7BXD1"), ("Google", "HDR+ 1.0.585804376zd")]
    {
        let mut file = phone(make, software);
        assert_eq!(evidence(&file), [], "{make}");
        // Vendors write tables of their own, which no list of editors knows.
        for (number, slope) in [(0, 12), (1, 20)] {
            replace_table(&mut file, number, &std::array::from_fn(|k| (1 + k / slope) as u8));
        }
        assert_eq!(evidence(&file), [], "{make}, with tables of its own");
    }
}

#[test]
fn captions_of_a_messenger_are_no_editor() {
    let body = b"Photoshop 3.0\08BIM\x04\x04\0\0\0\0\0\x02xx";
    assert_eq!(evidence(&with_segment(&jpeg(&image(1), 80), 0xED, body)), []);
}

#[test]
fn every_editor_in_the_software_field_is_found() {
    for software in [
        "Adobe Photoshop 25.0 (Windows)",
        "GIMP 2.10.36",
        "Snapseed 2.0",
        "PicsArt",
        "Canva",
        "Adobe Lightroom 7.1",
        "Pixelmator Pro",
        "Facetune2",
    ] {
        let body = exif(&[Field::Text(0x0131, software)], &[], None);
        let found = evidence(&with_segment(&jpeg(&image(1), 90), 0xE1, &body));
        assert!(
            matches!(&found[..], [DocumentEvidence::EditorTag { generator: false, .. }]),
            "{software}: {found:?}"
        );
        assert!(found[0].score_cap() <= 0.25);
    }
}

#[test]
fn markers_and_packets_of_editors_are_found() {
    let plain = jpeg(&image(1), 90);
    let xmp = |inner: &str| {
        let packet = format!("http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>{inner}</x:xmpmeta>");
        with_segment(&plain, 0xE1, packet.as_bytes())
    };
    let files = [
        with_segment(&plain, 0xED, b"Photoshop 3.0\08BIM\x04\x21\0\0\0\0\0\0"),
        xmp("<rdf:Description xmp:CreatorTool=\"Adobe Photoshop 25\"/>"),
        xmp("<xmp:CreatorTool>Canva</xmp:CreatorTool>"),
        xmp(
            "<xmpMM:History><rdf:li stEvt:action=\"saved\" stEvt:softwareAgent=\"Adobe Photoshop 25\"/></xmpMM:History>",
        ),
        xmp("<photoshop:DocumentAncestors/>"),
    ];
    for (number, file) in files.iter().enumerate() {
        let caps = evidence(file).iter().map(DocumentEvidence::score_cap).fold(1.0, f64::min);
        assert!(caps <= 0.25, "file {number}");
    }
}

#[test]
fn a_generator_is_told_from_an_editor() {
    let plain = jpeg(&image(1), 90);
    let packet = b"http://ns.adobe.com/xap/1.0/\0<a Iptc4xmpExt:DigitalSourceType=\"http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia\"/>";
    let found = evidence(&with_segment(&plain, 0xE1, packet));
    assert!(matches!(&found[..], [DocumentEvidence::EditorTag { generator: true, .. }]));

    let found = evidence(&with_text(
        &png(&small(&image(1))),
        b"parameters",
        b"a passport\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1",
    ));
    assert!(matches!(&found[..], [DocumentEvidence::EditorTag { generator: true, .. }]));
}

#[test]
fn a_preview_of_another_image_is_found() {
    let other = jpeg(&small(&image(99)), 80);
    let body = exif(&[Field::Text(0x010F, "Apple")], &[], Some(&other));
    let found = evidence(&with_segment(&jpeg(&image(1), 90), 0xE1, &body));
    assert!(
        matches!(&found[..], [DocumentEvidence::ThumbnailDiffers { correlation }] if *correlation < 0.9),
        "{found:?}"
    );
}

#[test]
fn contradicting_camera_fields_are_named_but_do_not_reject_alone() {
    let body = exif(
        &[Field::Text(0x0132, "2024:05:03 10:00:02")],
        &[
            Field::Text(0x9003, "2024:05:01 10:00:02"),
            Field::Long(0xA002, 4000),
            Field::Long(0xA003, 3000),
        ],
        None,
    );
    let found = evidence(&with_segment(&jpeg(&image(1), 90), 0xE1, &body));
    assert!(found.contains(&DocumentEvidence::ModifiedAfterCapture { seconds: 172_800 }));
    assert!(found.iter().any(|e| matches!(e, DocumentEvidence::SizeDisagrees { .. })));
    assert!(found.iter().all(|e| e.score_cap() > 0.25));
}

#[test]
fn an_editors_quantisation_tables_are_recognised() {
    let mut file = jpeg(&image(1), 90);
    // Photoshop's "save for web, high", in zigzag order as files hold it.
    let zigzag: [u8; 64] = [
        6, 4, 4, 4, 5, 4, 6, 5, 5, 6, 9, 6, 5, 6, 9, 11, 8, 6, 6, 8, 11, 12, 10, 10, 11, 10, 10,
        12, 16, 12, 12, 12, 12, 12, 12, 16, 12, 14, 15, 16, 15, 14, 12, 19, 19, 20, 20, 19, 19, 28,
        27, 27, 27, 28, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31,
    ];
    let chroma: [u8; 64] = [
        7, 7, 7, 13, 12, 13, 24, 16, 16, 24, 26, 21, 17, 21, 26, 31, 31, 31, 31, 31, 31, 31, 31,
        31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31,
        31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31, 31,
    ];
    replace_table(&mut file, 0, &zigzag);
    replace_table(&mut file, 1, &chroma);
    let found = evidence(&file);
    assert!(
        matches!(&found[..], [DocumentEvidence::EditorTables { editor }] if editor.contains("web, high")),
        "{found:?}"
    );
}

fn replace_table(file: &mut [u8], number: u8, values: &[u8; 64]) {
    let mut at = 2;
    while file[at] == 0xFF && file[at + 1] != 0xDA {
        let length = usize::from(u16::from_be_bytes([file[at + 2], file[at + 3]]));
        if file[at + 1] == 0xDB {
            let mut table = at + 4;
            while table < at + 2 + length {
                if file[table] & 15 == number {
                    file[table + 1..table + 65].copy_from_slice(values);
                }
                table += 65;
            }
        }
        at += 2 + length;
    }
}

#[test]
fn the_standard_tables_give_their_quality() {
    for quality in [30, 75, 92] {
        let bytes = jpeg(&image(1), quality);
        let image = Image::decode(&bytes, &DecodeLimits::default()).unwrap();
        assert_eq!(file_forensics(&bytes, &image).jpeg_quality, Some(quality));
    }
}

#[test]
fn cut_and_scrambled_files_never_panic() {
    let whole = phone("Apple", "17.4.1");
    let image = image(1);
    let mut random = Seeded::new(7);
    for _ in 0..300 {
        let mut bytes = whole[..random.below(whole.len())].to_vec();
        for _ in 0..20 {
            let at = random.below(bytes.len().min(600));
            if let Some(byte) = bytes.get_mut(at) {
                *byte = random.bits() as u8;
            }
        }
        let _ = file_forensics(&bytes, &image);
    }
}

#[test]
fn a_manifest_that_this_build_cannot_read_is_told_of() {
    let image = image(1);
    let plain = jpeg(&image, 90);
    assert!(!file_forensics(&plain, &image).manifest_unread);
    let marked = with_segment(&plain, 0xEB, b"JP\0\x01\0\0\0\x01\0\0\0\x20jumb");
    assert_eq!(file_forensics(&marked, &image).manifest_unread, !READS_PROVENANCE);
}
