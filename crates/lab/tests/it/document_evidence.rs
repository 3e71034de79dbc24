//! What counts as evidence in a file, and what people may write without being accused.

use verax_domain::document_findings::DocumentEvidence;
use verax_lab::simulator::jpeg;

use crate::document_bytes::{
    Field, evidence, exif, image, png, small, with_chunk, with_segment, with_text, with_xmp,
};

const WORDS: [&str; 6] = [
    "Imagen de perfil",
    "Krita Sharma",
    "canvas",
    "Photoshop course, day 2",
    "drawn like Midjourney and Stable Diffusion do",
    "Steps: see the manual. Made with Google AI",
];

#[test]
fn what_people_write_is_no_evidence() {
    let plain = jpeg(&image(1), 90);
    let plain_png = png(&small(&image(1)));
    for words in WORDS {
        // Description, artist, host computer, copyright.
        for tag in [0x010E, 0x013B, 0x013C, 0x8298] {
            let body = exif(&[Field::Text(tag, words)], &[], None);
            assert_eq!(evidence(&with_segment(&plain, 0xE1, &body)), [], "{tag:#x} {words}");
        }
        assert_eq!(evidence(&with_segment(&plain, 0xFE, words.as_bytes())), [], "{words}");
        for keyword in ["Title", "Author", "Description", "Comment", "Source", "Copyright"] {
            let file = with_text(&plain_png, keyword.as_bytes(), words.as_bytes());
            assert_eq!(evidence(&file), [], "{keyword} {words}");
        }
        for packet in [
            format!("<dc:description><rdf:Alt><rdf:li>{words}</rdf:li></rdf:Alt></dc:description>"),
            format!("<rdf:Description dc:creator=\"{words}\" photoshop:Credit='{words}'/>"),
            format!("<a dc:title='xmp:CreatorTool=\"{words}\" <xmp:CreatorTool>{words}'/>"),
            format!("<!-- <xmp:CreatorTool>{words}</xmp:CreatorTool> -->"),
            format!("<dc:rights>crs: photoshop:History xmpMM:History {words}</dc:rights>"),
        ] {
            assert_eq!(evidence(&with_xmp(&plain, &packet)), [], "{packet}");
        }
        // A caption that holds what begins a resource of Photoshop.
        let caption = [words.as_bytes(), b" 8BIM\x04\x21\0\0\0\0\0\0"].concat();
        let mut body = b"Photoshop 3.0\08BIM\x04\x04\0\0".to_vec();
        body.extend((caption.len() as u32).to_be_bytes());
        body.extend(&caption);
        assert_eq!(evidence(&with_segment(&plain, 0xED, &body)), [], "{words}");
    }
}

#[test]
fn a_program_is_named_by_whole_words() {
    let plain = jpeg(&image(1), 90);
    let found = |software: &'static str| {
        let body = exif(&[Field::Text(0x0131, software)], &[], None);
        evidence(&with_segment(&plain, 0xE1, &body))
    };
    for camera in
        ["Canvas 2", "Kritana OS", "Visor de Imagen 3", "Gimpelson", "Firefly S5", "XVSCO"]
    {
        assert_eq!(found(camera), [], "{camera}");
    }
    for editor in ["Canva", "krita/5.2", "GIMP 2.10", "Facetune2", "Adobe_Photoshop/25.0"] {
        let expected = DocumentEvidence::EditorTag {
            field: "EXIF Software".to_owned(),
            value: editor.to_owned(),
            generator: false,
        };
        assert_eq!(found(editor), [expected], "{editor}");
    }
    for generator in ["Midjourney v6", "NovelAI", "Adobe Firefly 3", "DALL·E 3"] {
        let found = found(generator);
        assert!(
            matches!(&found[..], [DocumentEvidence::EditorTag { generator: true, .. }]),
            "{generator}: {found:?}"
        );
    }
}

#[test]
fn a_program_is_found_wherever_it_signs() {
    let plain = jpeg(&image(1), 90);
    let plain_png = png(&small(&image(1)));
    let packet = "<x:xmpmeta><rdf:Description xmp:CreatorTool=\"GIMP 2.10\"/></x:xmpmeta>";
    let files = [
        with_segment(&plain, 0xE1, &exif(&[Field::Text(0x000B, "GIMP 2.10")], &[], None)),
        with_xmp(&plain, "<xmp:CreatorTool>GIMP 2.10</xmp:CreatorTool>"),
        with_xmp(&plain, "<rdf:li stEvt:action='saved' stEvt:softwareAgent = 'GIMP 2.10'/>"),
        with_text(&plain_png, b"Software", b"GIMP 2.10"),
        with_chunk(&plain_png, b"iTXt", b"Software\0\0\0\0\0GIMP 2.10"),
        with_chunk(
            &plain_png,
            b"iTXt",
            &[b"XML:com.adobe.xmp\0\0\0\0\0", packet.as_bytes()].concat(),
        ),
        webp_with(b"XMP ", packet.as_bytes()),
    ];
    for (number, file) in files.iter().enumerate() {
        let found = evidence(file);
        assert!(
            matches!(&found[..], [DocumentEvidence::EditorTag { value, generator: false, .. }]
                if value == "GIMP 2.10"),
            "file {number}: {found:?}"
        );
    }
}

/// A small WebP with one more chunk.
fn webp_with(name: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let image = small(&image(1));
    let mut webp = Vec::new();
    let encoder = image::codecs::webp::WebPEncoder::new_lossless(&mut webp);
    let kind = image::ExtendedColorType::Rgb8;
    image::ImageEncoder::write_image(encoder, &image.rgb, image.width, image.height, kind).unwrap();
    webp.extend(name);
    webp.extend((body.len() as u32).to_le_bytes());
    webp.extend(body);
    if body.len() % 2 == 1 {
        webp.push(0);
    }
    let length = (webp.len() - 8) as u32;
    webp[4..8].copy_from_slice(&length.to_le_bytes());
    webp
}

#[test]
fn a_history_names_its_program_and_not_what_it_did() {
    let plain = jpeg(&image(1), 90);
    let history = |agent: &str| {
        let step = format!("<rdf:li stEvt:action=\"saved\" {agent}/>");
        evidence(&with_xmp(&plain, &format!("<xmpMM:History>{step}{step}</xmpMM:History>")))
    };
    assert_eq!(history(""), []);
    assert_eq!(history("stEvt:softwareAgent=\"Phone camera 4.1\""), []);
    let found = history("stEvt:softwareAgent=\"Adobe Photoshop 25\"");
    assert!(
        matches!(&found[..], [DocumentEvidence::EditorTag { value, .. }]
            if value == "Adobe Photoshop 25"),
        "{found:?}"
    );
}

#[test]
fn settings_of_a_generator_are_known_by_their_shape() {
    let plain = png(&small(&image(1)));
    let found = |keyword: &str, text: &str| {
        evidence(&with_text(&plain, keyword.as_bytes(), text.as_bytes()))
    };
    for (keyword, text) in [
        ("workflow", "received, checked, archived"),
        ("workflow", "{\"workflow\": \"onboarding\", \"class_type\": \"card\", \"inputs\": []}"),
        ("workflow", "{\"nodes\": [], \"links\": []}"),
        ("parameters", "width=600 height=400"),
        ("parameters", "Steps: 3, then Sampler"),
        ("parameters", "{\"dpi\": 300}"),
        ("prompt", "Take a photograph of your card"),
        ("prompt", "{}"),
        ("Dream", "a holiday -s"),
        ("invokeai_metadata", "none"),
    ] {
        assert_eq!(found(keyword, text), [], "{keyword}: {text}");
    }
    for (keyword, text, generator) in [
        ("parameters", "a card\nSteps: 20, Sampler: Euler a, CFG scale: 7", "Automatic1111"),
        ("parameters", "Steps: 20, Size: 8x8, Sampler: DPM++ 2M, Seed: 1", "Automatic1111"),
        (
            "parameters",
            "{\"prompt\": \"\", \"seed\": 1, \"steps\": 9, \"sampler\": \"x\"}",
            "Fooocus",
        ),
        (
            "prompt",
            "{\"3\": {\"class_type\": \"KSampler\", \"inputs\": {\"seed\": 1}, \"is_changed\": [NaN]}}",
            "ComfyUI",
        ),
        (
            "workflow",
            "{\"last_node_id\": 1, \"nodes\": [{\"id\": 1, \"type\": \"KSampler\"}], \"links\": []}",
            "ComfyUI",
        ),
        ("invokeai_metadata", "{\"app_version\": \"4.2\"}", "InvokeAI"),
        ("Dream", "\"a card\" -s 50 -S 7 -W 512 -H 512 -C 7.5", "InvokeAI"),
        ("Software", "NovelAI", "NovelAI"),
    ] {
        let expected = DocumentEvidence::EditorTag {
            field: format!("PNG {keyword}"),
            value: generator.to_owned(),
            generator: true,
        };
        assert_eq!(found(keyword, text), [expected], "{keyword}: {text}");
    }
}

#[test]
fn a_source_type_counts_as_a_term_and_not_as_a_text() {
    let plain = jpeg(&image(1), 90);
    let found = |value: &str| {
        let attribute = format!("<a Iptc4xmpExt:DigitalSourceType=\"{value}\"/>");
        let element = format!("<Iptc4xmpExt:DigitalSourceType rdf:resource='{value}'/>");
        let found = evidence(&with_xmp(&plain, &attribute));
        assert_eq!(found, evidence(&with_xmp(&plain, &element)), "{value}");
        !found.is_empty()
    };
    let address = "http://cv.iptc.org/newscodes/digitalsourcetype/";
    assert!(found(&format!("{address}trainedAlgorithmicMedia")));
    assert!(found(&format!("{address}compositeWithTrainedAlgorithmicMedia")));
    assert!(!found(&format!("{address}digitalCapture")));
    assert!(!found(&format!("{address}algorithmicallyEnhanced")));
    assert!(!found("no algorithmicMedia here"));
}

#[test]
fn the_marker_that_libjpeg_writes_is_no_editor() {
    let marked = with_segment(&jpeg(&image(1), 90), 0xEE, b"Adobe\0\x64\0\0\0\0\x00");
    assert_eq!(evidence(&marked), []);
    // Google's cameras write XMP with Adobe's library.
    let library = "<x:xmpmeta x:xmptk=\"Adobe XMP Core 5.1.0-jc003\"/>";
    assert_eq!(evidence(&with_xmp(&marked, library)), []);
    let captions = b"Photoshop 3.0\08BIM\x04\x04\0\0\0\0\0\x02xx";
    assert_eq!(evidence(&with_segment(&marked, 0xED, captions)), []);

    let tags = |file: &[u8]| -> Vec<String> {
        evidence(file)
            .into_iter()
            .map(|found| match found {
                DocumentEvidence::EditorTag { field, value, generator: false } => {
                    format!("{field}: {value}")
                }
                other => panic!("{other:?}"),
            })
            .collect()
    };
    let resources = b"Photoshop 3.0\08BIM\x04\x21\0\0\0\0\0\0";
    assert_eq!(tags(&with_segment(&marked, 0xED, resources)), ["APP13: Photoshop 3.0"]);
    let packet = "<xmp:CreatorTool>Adobe Illustrator 24.0</xmp:CreatorTool>";
    assert_eq!(tags(&with_xmp(&marked, packet)), ["APP14 with XMP: Adobe Illustrator 24.0"]);
    let camera = "<a crs:HasSettings=\"False\" crs:AlreadyApplied=\"False\"/>";
    assert_eq!(evidence(&with_xmp(&marked, camera)), []);
    assert_eq!(
        tags(&with_xmp(&marked, "<a crs:HasSettings=\"True\"/>")),
        ["XMP crs:HasSettings: Adobe Camera Raw"]
    );
}

#[test]
fn a_packet_of_unfinished_tags_says_nothing() {
    let plain = jpeg(&image(1), 90);
    for pattern in ["<", "<a ", "<a b", "<a b='", "<a b=", "<!--", "<a b='\"'>", "<a/>"] {
        // As long as a segment may be.
        assert_eq!(evidence(&with_xmp(&plain, &pattern.repeat(60_000 / pattern.len()))), []);
    }
}
