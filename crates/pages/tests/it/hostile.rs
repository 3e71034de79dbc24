//! A record that is made to break out of its page stays text.

use serde_json::{Value, json};
use verax_domain::resources;
use verax_pages::case::checks::CheckGroup;
use verax_pages::case::images::{Region, StoredImage};
use verax_pages::case::{Case, Looked, Note, Stated, Turn, because, choices};
use verax_pages::cell::{Reader, moment};
use verax_pages::form::{Choice, Control, Input, RecordForm};
use verax_pages::list::{List, Listed, SavedView, ViewDraft, Views};
use verax_pages::record::{Record, Retrieved, Timeline};
use verax_pages::{Language, Shell, Template, Texts};
use verax_query::{Kind, Query, Resource};

pub const MARKUP: &str = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>&lt;{{7*7}}";
pub const BIDI: &str = "\u{202e}gnp.exe\u{202c}\u{2066}";
const SVG: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(3)\"></svg>";

/// A record of this resource, each of whose texts is hostile.
pub fn hostile(resource: &Resource, text: &str) -> Value {
    let mut record = json!({});
    for field in resource.fields {
        record[field.name] = match &field.kind {
            Kind::Id => "record-1".into(),
            Kind::Text | Kind::Word(_) | Kind::Date | Kind::Time => text.into(),
            Kind::Bool => true.into(),
            Kind::Integer | Kind::Number => 1.into(),
            Kind::Relation(_) => json!({ "_id": text, "name": text }),
            Kind::Relations(_) => json!([{ "_id": text, "name": text }, text]),
            Kind::Texts | Kind::Set(_) => json!([text]),
            Kind::Json(_) => json!({ text: text, "inner": [{ "deep": { text: [text] } }] }),
        };
    }
    record
}

fn pages(resource: &'static Resource, text: &str) -> [String; 2] {
    let texts = Texts(Language::English);
    let reader = Reader { texts, may_open: &|_| true };
    let record = hostile(resource, text);
    let query = Query::whole(resource);
    let rows = [record.clone()];
    let listed = Listed { query: &query, rows: &rows, total: 1, origin: "https://verax.example" };
    let view = SavedView {
        name: text.to_owned(),
        href: "/console/events?sort=type".to_owned(),
        mark: "shared".to_owned(),
        is_current: true,
        delete_href: "/console/events/-/views/v1/delete".to_owned(),
    };
    let draft = ViewDraft { name: text.to_owned(), is_shared: true, is_taken: true };
    let views = Views { all: vec![view], may_share: true, draft };
    let list = List::of(Shell::new(texts, text), &reader, &listed).with_views(views);
    let events = [hostile(&resources::EVENTS, text)];
    let retrieved = Retrieved {
        resource,
        record: &record,
        bare: &record,
        events: Some(&events),
        more: Some(("Attempts".to_owned(), serde_json::json!({ text: text }))),
        images: Vec::new(),
        origin: "https://verax.example",
    };
    let page = Record::of(Shell::new(texts, text), &reader, &retrieved, Vec::new());
    [list.render().expect("a list"), page.render().expect("a record")]
}

#[test]
fn markup_is_text_on_every_list_and_record() {
    for resource in resources::ALL {
        for text in [MARKUP, SVG] {
            for page in pages(resource, text) {
                for element in ["<script>", "<img src=x", "<svg xmlns", "onerror=alert(2)>&lt;"] {
                    assert!(!page.contains(element), "{}: {element}", resource.name);
                }
                assert!(page.contains("&#60;s"), "{}: it is not there at all", resource.name);
            }
        }
    }
}

/// A case whose records and notes are hostile.
fn case(text: &str) -> String {
    let texts = Texts(Language::English);
    let reader = Reader { texts, may_open: &|_| true };
    let read = json!({
        "validationResults": {
            text: { "result": "failed", "details": text, "values": [{ "source": text, "value": text }] },
            "namesAgree": { "result": text },
        },
        "reasons": [{ "measurement": text, "unit": text, "value": 1, "limit": 2, "advice": text }],
        "verificationResults": { text: "failed" },
    });
    let review = json!({
        "openedBecause": [text, format!("failedCheck:{text}")], "decision": "decline",
        "reasons": [text], "note": text, "decidedBy": text, "checkedBy": text, "decidedAt": text,
    });
    let note = Note { time: moment(text), author: text.to_owned(), text: text.to_owned() };
    let line = |it: f32| [(it, it); 4];
    let image = StoredImage {
        title: text.to_owned(),
        href: "/console/document-validations/d1/image".to_owned(),
        overlays: vec![(text.to_owned(), "/console/document-liveness/d1/evidence/x".to_owned())],
        regions: vec![Region::of(text.to_owned(), &line(f32::NAN))],
    };
    let page = Case {
        shell: Shell::new(texts, text),
        id: "r1".to_owned(),
        state: reader.word(text),
        because: because(texts, &review),
        opened: moment(text),
        about: vec![(text.to_owned(), moment(text))],
        images: vec![image],
        watermark: text.to_owned(),
        comparison: None,
        checks: vec![CheckGroup::of(text.to_owned(), "/console/".to_owned(), &reader, &read)],
        timeline: Some(Timeline::of_events(texts, &[hostile(&resources::EVENTS, text)])),
        accesses: Some(vec![Looked {
            time: moment(text),
            actor: text.to_owned(),
            what: text.to_owned(),
        }]),
        notes: vec![note],
        turn: Turn::Taken { by: text.to_owned() },
        decision: Stated::of(texts, &review),
        choices: choices(texts),
        json_href: String::new(),
    };
    page.render().expect("a case")
}

#[test]
fn markup_is_text_on_a_case() {
    for text in [MARKUP, SVG] {
        let page = case(text);
        for element in ["<script>", "<img src=x", "<svg xmlns", "onerror=alert(2)>&lt;"] {
            assert!(!page.contains(element), "{element}");
        }
        // Each place shows it: checks, values, reasons, notes, regions, who has looked.
        assert!(page.matches("&#60;s").count() > 20, "{}", page.matches("&#60;s").count());
    }
}

/// A form whose every text is hostile: names, words and values.
#[test]
fn markup_is_text_in_a_form() {
    let control = |input: Input| Control {
        name: MARKUP.to_owned(),
        label: MARKUP.to_owned(),
        doc: MARKUP.to_owned(),
        hint: MARKUP.to_owned(),
        is_required: true,
        was: MARKUP.to_owned(),
        problems: vec![MARKUP.to_owned()],
        asks: Some((MARKUP.to_owned(), MARKUP.to_owned())),
        input,
    };
    let (value, chars_max) = (MARKUP.to_owned(), Some(9));
    let choice = Choice { value: value.clone(), label: value.clone(), is_chosen: true };
    let text = Input::Text { value: format!("</textarea>{MARKUP}"), chars_max };
    let inner = vec![
        control(Input::Line { kind: "text", value: value.clone(), chars_max }),
        control(text),
        control(Input::Menu(vec![choice])),
    ];
    let page = RecordForm {
        shell: Shell::new(Texts(Language::English), MARKUP),
        crumbs: vec![(MARKUP.to_owned(), MARKUP.to_owned())],
        doc: "",
        action: MARKUP.to_owned(),
        changed_at: Some(MARKUP.to_owned()),
        controls: vec![control(Input::Group(inner))],
        left_out: vec![MARKUP.to_owned()],
        problems: vec![MARKUP.to_owned()],
        back: MARKUP.to_owned(),
    };
    let page = page.render().expect("a form");
    for element in ["<script>", "<img src=x", "onerror=alert(2)>&lt;"] {
        assert!(!page.contains(element), "{element}: {page}");
    }
    assert!(page.matches("&#60;s").count() > 60, "{}", page.matches("&#60;s").count());
}

#[test]
fn letters_that_turn_a_line_around_are_kept_in_their_own_element() {
    for page in pages(&resources::APP_REGISTRATIONS, BIDI) {
        let outside = page.split("<bdi>").enumerate().map(|(index, part)| match index {
            0 => part,
            _ => part.split_once("</bdi>").map_or("", |(_, after)| after),
        });
        // The title of a page is shown by the browser, alone on its line.
        let leaks: Vec<&str> = outside.filter(|part| part.contains('\u{202e}')).collect();
        let in_head = |part: &&str| {
            let end = part.rfind('\u{202e}').unwrap_or_default();
            part[end..].contains("</title>")
        };
        let attributes = |part: &&str| {
            let shown = part.split('<').filter_map(|it| it.split_once('>')).map(|(_, text)| text);
            !shown.into_iter().any(|text| text.contains('\u{202e}'))
        };
        assert!(leaks.iter().all(|part| in_head(part) || attributes(part)), "{leaks:?}");
    }
}

#[test]
fn a_word_of_ten_thousand_letters_is_cut_and_said_to_be() {
    let long = "x".repeat(10_000);
    let [list, record] = pages(&resources::APP_REGISTRATIONS, &long);
    assert!(!list.contains(&"x".repeat(100)) || list.contains("<title>"));
    assert!(record.contains("10,000 letters in all"));
    let texts = Texts(Language::English);
    let reader = Reader { texts, may_open: &|_| false };
    let value = hostile(&resources::APP_REGISTRATIONS, &long);
    let field = resources::APP_REGISTRATIONS.field("fullName").expect("a field");
    let cell = reader.cell(field, &value, verax_pages::cell::Room::Row);
    assert!(cell.to_string().len() < 200, "{cell}");
}

/// Whoever may not open a resource gets no link to it.
#[test]
fn a_link_is_for_who_may_open_what_it_leads_to() {
    let texts = Texts(Language::English);
    let record = json!({ "_id": "r1", "project": { "_id": "p1", "name": "Bank" } });
    let field = resources::APP_REGISTRATIONS.field("project").expect("a field");
    let shown = |may_open: &dyn Fn(&Resource) -> bool| {
        Reader { texts, may_open }.cell(field, &record, verax_pages::cell::Room::Row).to_string()
    };
    assert_eq!(shown(&|_| true), "<a href=\"/console/projects/p1\"><bdi>Bank</bdi></a>");
    assert_eq!(shown(&|_| false), "<bdi>Bank</bdi>");
}
