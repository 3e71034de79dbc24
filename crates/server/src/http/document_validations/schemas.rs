//! What the OpenAPI document says of answers that are no records.

use serde_json::{Value, json};
use verax_domain::resources::DOCUMENT_VALIDATIONS;

use crate::http::openapi::shapes::{envelope, members, sign};

/// One of the documents that are recognised.
pub fn document_type() -> Value {
    let text = json!({ "type": "string" });
    members(json!({
        "_id": text,
        "code": text,
        "name": text,
        "documentCategory": text,
        "category": { "type": "string", "description": "The same." },
        "country": { "type": ["string", "null"], "description": "Null: of every country." },
        "requiresBackSide": { "type": "boolean" },
    }))
}

/// Which document it is; all is null where it was not recognised.
pub fn detected_type() -> Value {
    let text = json!({ "type": ["string", "null"] });
    let mut country = text.clone();
    country["description"] = "The issuing state, ISO 3166 alpha-3.".into();
    let mut source = json!({ "enum": ["mrz", "barcode", "print", null] });
    source["description"] = "What of it told which document it is.".into();
    members(json!({
        "code": text,
        "name": text,
        "category": text,
        "country": country,
        "requiresBackSide": { "type": ["boolean", "null"] },
        "source": source,
    }))
}

/// What was read where on a document.
pub fn evidence() -> Value {
    let point = members(json!({ "x": { "type": "number" }, "y": { "type": "number" } }));
    let mut corners = json!({ "type": ["array", "null"], "items": point });
    corners["description"] = "Four corners, in pixels of the upright image.".into();
    let value = json!({
        "type": "object",
        "properties": {
            "field": { "type": "string" },
            "source": { "type": "string", "enum": ["mrz", "barcode", "print"] },
            "text": { "type": "string" },
            "value": { "type": "string" },
            "corners": corners,
            "confidence": { "type": "number" },
            "checkDigit": { "type": ["string", "null"], "enum": ["right", "repaired", "wrong", null] },
        },
    });
    let side = json!({
        "type": "object",
        "properties": {
            "side": { "type": "string", "enum": ["front", "back"] },
            "textState": { "type": "string", "enum": ["read", "not_checked"] },
            "image": { "type": ["string", "null"], "description": "The stored image in base64." },
            "document": corners,
            "machineReadableZone": { "type": ["object", "null"] },
            "barcodes": { "type": "array", "items": { "type": "object" } },
            "values": { "type": "array", "items": value },
            "lines": { "type": "array", "items": { "type": "object" } },
        },
    });
    let mut answered = envelope(members(json!({
        "_id": { "type": "string" },
        "sides": { "type": "array", "items": side },
    })));
    sign(&DOCUMENT_VALIDATIONS, &mut answered);
    answered
}
