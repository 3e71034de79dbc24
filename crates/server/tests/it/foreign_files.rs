//! `verax import` of what other systems write.

use serde_json::{Value, json};

use crate::binary::Folder;

const CLIENT: &str = "507f1f77bcf86cd799439099";

fn import(folder: &Folder, input: &[u8]) -> crate::binary::Outcome {
    let file = folder.file("input.json");
    std::fs::write(&file, input).expect("a file");
    folder.run(&["import", "biometric-validations", file.to_str().expect("a path")])
}

fn exported(folder: &Folder) -> Vec<Value> {
    let text = folder.run(&["export", "biometric-validations"]).ok();
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[test]
fn mongoexport_is_read_in_each_of_its_modes() {
    let relaxed = r#"{"_id":{"$oid":"507f1f77bcf86cd799439012"},"client":{"$oid":"507f1f77bcf86cd799439099"},"status":"completed","type":"login","createdAt":{"$date":"2026-01-15T10:30:00Z"},"riskScore":0.05}"#;
    let canonical = r#"{"_id":{"$oid":"507f1f77bcf86cd799439013"},"client":{"$oid":"507f1f77bcf86cd799439099"},"status":"completed","type":"login","createdAt":{"$date":{"$numberLong":"1768473000000"}},"riskScore":{"$numberDouble":"0.05"},"__v":{"$numberInt":"0"}}"#;
    let legacy = r#"{"_id":{"$oid":"507f1f77bcf86cd799439014"},"client":{"$oid":"507f1f77bcf86cd799439099"},"status":"completed","type":"login","createdAt":{"$date":1768473000000},"riskScore":0.05}"#;
    let folder = Folder::new();
    let input = [relaxed, canonical, legacy].join("\n");
    assert_eq!(
        import(&folder, input.as_bytes()).ok(),
        "stored 3 biometric-validations, 0 related records\n"
    );
    let rows = exported(&folder);
    for (row, end) in rows.iter().zip(["12", "13", "14"]) {
        assert_eq!(
            row,
            &json!({
                "_id": format!("507f1f77bcf86cd7994390{end}"), "client": { "_id": CLIENT },
                "status": "completed", "type": "login", "riskScore": 0.05,
                "createdAt": "2026-01-15T10:30:00Z",
            })
        );
    }
    // As --jsonArray writes them, and populated by somebody's script.
    let folder = Folder::new();
    let array = format!("[{relaxed},\n{canonical}]");
    import(&folder, array.as_bytes()).ok();
    let populated = relaxed.replace(
        r#""client":{"$oid":"507f1f77bcf86cd799439099"}"#,
        r#""client":{"_id":{"$oid":"507f1f77bcf86cd799439099"},"name":"Acme"},"project":{"$ref":"projects","$id":{"$oid":"507f1f77bcf86cd799439055"}}"#,
    );
    import(&folder, populated.as_bytes()).ok();
    assert_eq!(exported(&folder)[0]["project"], "507f1f77bcf86cd799439055");
}

#[test]
fn times_may_be_milliseconds_and_are_never_seconds() {
    let folder = Folder::new();
    let row = |created: Value| json!({ "_id": "a", "client": "acme", "status": "new", "createdAt": created });
    for right in [
        json!(1_768_473_000_000_i64),
        json!("1768473000000"),
        json!({ "$date": 1_768_473_000_000.0 }),
        json!({ "$date": { "$numberDouble": "1768473000000.0" } }),
        json!({ "$numberDecimal": "1768473000000" }),
    ] {
        let text = import(&folder, row(right.clone()).to_string().as_bytes());
        assert_eq!(text.code, Some(0), "{right}: {}", text.stderr);
        assert_eq!(exported(&folder)[0]["createdAt"], "2026-01-15T10:30:00Z", "{right}");
    }
    for wrong in [
        json!(1_768_473_000),
        json!(0),
        json!(-1),
        json!(1.5),
        json!("1768473000"),
        json!(true),
        json!({ "$date": "x" }),
    ] {
        let text = import(&folder, row(wrong.clone()).to_string().as_bytes()).failed();
        assert!(text.contains("createdAt: must be an RFC 3339 time"), "{wrong}: {text}");
    }
}

#[test]
fn what_is_empty_is_absent() {
    let folder = Folder::new();
    let row = json!({
        "_id": "a", "client": "acme", "status": "new", "createdAt": "2026-01-15T10:30:00Z",
        "project": "", "projectFlow": "", "type": "", "completedAt": "", "riskScore": "",
        "identifier": "", "biometricData": "",
    });
    import(&folder, row.to_string().as_bytes()).ok();
    assert_eq!(
        exported(&folder)[0],
        json!({
            "_id": "a", "client": { "_id": "acme" }, "status": "new", "identifier": "",
            "createdAt": "2026-01-15T10:30:00Z",
        })
    );
    let nobodys = json!({ "_id": "b", "client": "", "status": "new" }).to_string();
    let text = import(&folder, nobodys.as_bytes()).failed();
    assert!(text.contains("client: is missing"), "{text}");
    let without = json!({ "_id": "b", "client": "acme", "status": "" }).to_string();
    assert!(import(&folder, without.as_bytes()).failed().contains("status: is missing"));
    std::fs::write(folder.file("b.json"), nobodys).expect("a file");
    let own = ["import", "biometric-validations", "b.json", "--client", "acme"];
    folder.run(&own).ok();
}

#[test]
fn a_byte_order_mark_is_no_part_of_a_record() {
    let row = r#"{"_id":"a","client":"acme","status":"new"}"#;
    for text in [
        row.to_owned(),
        format!("{row}\n{}", row.replace("\"a\"", "\"b\"")),
        format!("[\n{row}\n]"),
        format!("{{\n\"data\":[{row}]}}"),
    ] {
        let folder = Folder::new();
        import(&folder, format!("\u{feff}{text}").as_bytes()).ok();
        assert_eq!(exported(&folder)[0]["_id"], "a", "{text}");
    }
}

#[test]
fn what_is_no_page_is_told_what_it_is() {
    let folder = Folder::new();
    let utf16: Vec<u8> =
        [0xfeff_u16].into_iter().chain("{}".encode_utf16()).flat_map(u16::to_le_bytes).collect();
    for (input, reason) in [
        (
            &br#"{"success":false,"error":"Unauthorized","code":"UNAUTHORIZED","message":"x"}"#[..],
            "an error that an API answered (UNAUTHORIZED: Unauthorized)",
        ),
        (
            b"{\n\"code\": \"NotFound\",\n\"message\": \"Record not found.\"\n}",
            "an error that an API answered (NotFound: Record not found.)",
        ),
        (b"<!DOCTYPE html><html></html>", "it is HTML"),
        (br#"{"_id":ObjectId("507f1f77bcf86cd799439011")}"#, "export with mongoexport"),
        (&utf16, "it is UTF-16"),
        (b"\0{\0}", "it is UTF-16"),
        (b"{\0}\0", "it is UTF-16"),
        (b"\x1f\x8b\x08\0\0", "it is compressed (gzip)"),
        (b"PK\x03\x04", "it is an archive (ZIP)"),
        (b"\x13\0\0\0\x02_id\0\x02\0\0\0a\0\0", "it may be BSON"),
        (b"{\"_id\":\"a\",\"identifier\":\"Jos\xe9\"}", "it is not in UTF-8"),
        (b"_id,client\r\na,acme\r\n", "it is CSV"),
        (
            br#"{"statusCode":403,"message":"Forbidden"}"#,
            "an error that an API answered (Forbidden)",
        ),
        (
            br#"{"error":{"name":"TokenExpiredError","message":"jwt expired"}}"#,
            "an error that an API answered (TokenExpiredError: jwt expired)",
        ),
        (
            br#"{"status":401,"error":"Unauthorized","path":"/v2"}"#,
            "an error that an API answered (Unauthorized)",
        ),
        (br#"{"success":true}"#, "_id: is missing"),
    ] {
        let text = import(&folder, input).failed();
        assert!(text.contains("record 1: ") && text.contains(reason), "{text}");
    }
    // A record may have such members.
    let row = r#"{"_id":"a","client":"acme","status":"new","code":"x","message":"y"}"#;
    import(&folder, row.as_bytes()).ok();
}

#[test]
fn pages_of_a_paginator_are_pages() {
    let folder = Folder::new();
    let page = r#"{"data":{"docs":[{"_id":"a","client":"acme","status":"new"},{"_id":"b","client":"acme","status":"new"}],"total":2}}"#;
    assert!(import(&folder, page.as_bytes()).ok().starts_with("stored 2 "));
    let bare = r#"{"docs":[{"_id":"c","client":"acme","status":"new"}],"totalDocs":1}"#;
    assert!(import(&folder, bare.as_bytes()).ok().starts_with("stored 1 "));
}
