//! Records of tests.

use serde_json::{Value, json};
use verax_domain::resources::{
    ACCESSES, APP_LOGINS, APP_REGISTRATIONS, BIOMETRIC_VALIDATIONS, COLLECTIONS, DOCUMENT_LIVENESS,
    DOCUMENT_VALIDATIONS, EMAIL_VALIDATIONS, EVENTS, LIVENESS_SESSIONS, PERSONS, PHONE_VALIDATIONS,
    PROJECT_FLOWS, PROJECT_MEMBERS, PROJECTS, PROMPT_TEMPLATES, REVIEWS, WEBHOOK_EVENTS, WEBHOOKS,
};

use crate::world::World;

/// A validation with the fields that each must have, and `more`.
pub fn validation(id: &str, client: &str, more: Value) -> Value {
    record(id, client, "new", more)
}

pub fn document(id: &str, client: &str, more: Value) -> Value {
    record(id, client, "new", more)
}

fn record(id: &str, client: &str, status: &str, more: Value) -> Value {
    let mut row = json!({
        "_id": id, "client": client, "status": status, "createdAt": "2025-06-01T00:00:00Z",
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        row[name] = value.clone();
    }
    row
}

/// `count` validations of a client, `v00`, `v01` …, created a day after each other.
pub async fn numbered(world: &World, client: &str, count: usize) {
    let statuses = ["new", "pending", "completed", "failed", "expired"];
    let types = ["validation", "login", "onboarding", "oneTimeLink"];
    let rows: Vec<Value> = (0..count)
        .map(|number| {
            let mut row = validation(
                &format!("v{number:02}"),
                client,
                json!({
                    "status": statuses[number % 5],
                    "type": types[number % 4],
                    "identifier": format!("user{number}@example.com"),
                    "createdAt": format!("2025-01-{:02}T12:00:00Z", number % 28 + 1),
                }),
            );
            if number % 3 != 0 {
                row["riskScore"] = json!(f64::from(u32::try_from(number).unwrap_or(0)) / 100.0);
            }
            row
        })
        .collect();
    world.store(&BIOMETRIC_VALIDATIONS, &rows).await;
}

/// One record of every resource for this client, with every relation set: `<client>-project` …
pub async fn one_of_each(world: &World, client: &str) {
    let id = |what: &str| format!("{client}-{what}");
    let at = "2025-05-01T08:00:00.250Z";
    let base = |what: &str| json!({ "_id": id(what), "client": client, "createdAt": at });
    let with = |what: &str, more: Value| {
        let mut row = base(what);
        for (name, value) in more.as_object().into_iter().flatten() {
            row[name] = value.clone();
        }
        row
    };
    let project = with(
        "project",
        json!({ "name": format!("{client} bank"), "description": "Accounts", "status": "active" }),
    );
    world.store(&PROJECTS, &[project]).await;
    let flow = with(
        "flow",
        json!({ "project": id("project"), "name": "In", "type": "onboarding", "status": "active" }),
    );
    world.store(&PROJECT_FLOWS, &[flow]).await;
    let collection = with(
        "collection",
        json!({ "code": id("code"), "name": "Staff", "project": id("project") }),
    );
    world.store(&COLLECTIONS, &[collection]).await;
    let person = with(
        "person",
        json!({
            "name": format!("Jo of {client}"), "gender": "F", "status": "active",
            "date_of_birth": { "year": 1990, "month": 5, "day": 1 },
            "collections": [id("collection")], "faceEncodings": [0.5, 0.25],
        }),
    );
    world.store(&PERSONS, &[person]).await;
    let session = with(
        "session",
        json!({
            "project": id("project"), "projectFlow": id("flow"), "identifier": "jo@example.com",
            "status": "active", "expiresAt": "2025-05-01T08:10:00Z",
        }),
    );
    world.store(&LIVENESS_SESSIONS, &[session]).await;
    let registration = with(
        "registration",
        json!({
            "project": id("project"), "projectFlow": id("flow"), "status": "STARTED",
            "fullName": format!("Jo of {client}"), "email": "jo@example.com",
            "biometricValidation": id("validation"), "documentValidation": id("read"),
        }),
    );
    world.store(&APP_REGISTRATIONS, &[registration]).await;
    let contact = |more: Value| {
        let mut all = json!({
            "project": id("project"), "projectFlow": id("flow"), "appRegistration": id("registration"),
            "status": "validated", "type": "onboarding", "validationMethod": "verificationCode",
            "expiresAt": "2025-05-01T08:10:00Z", "attempts": 1, "maxAttempts": 3,
        });
        for (name, value) in more.as_object().into_iter().flatten() {
            all[name] = value.clone();
        }
        all
    };
    let email = with("email", contact(json!({ "email": "jo@example.com" })));
    world.store(&EMAIL_VALIDATIONS, &[email]).await;
    let phone = json!({ "phone": "3001234567", "countryCode": "+57", "phoneGateway": "sms" });
    world.store(&PHONE_VALIDATIONS, &[with("phone", contact(phone))]).await;
    let validation = with(
        "validation",
        json!({
            "project": id("project"), "projectFlow": id("flow"),
            "livenessSession": id("session"), "appRegistration": id("registration"),
            "status": "completed", "identifier": "jo@example.com", "type": "login",
            "redirectUrl": "https://app.example.com/done", "riskScore": 0.25,
            "biometricData": { "quality": "good", "livenessScore": 0.5, "box": [1, 2] },
        }),
    );
    world.store(&BIOMETRIC_VALIDATIONS, &[validation]).await;
    let login = with(
        "login",
        json!({
            "project": id("project"), "projectFlow": id("flow"), "name": "jo@example.com",
            "status": "completed", "type": "faceLiveness", "biometricValidation": id("validation"),
        }),
    );
    world.store(&APP_LOGINS, &[login]).await;
    let document = with(
        "document",
        json!({
            "appRegistration": id("registration"), "imageSaved": true, "status": "completed",
            "validationResults": {
                "screenReplay": { "passed": true, "score": 0.75, "details": "no moire" },
            },
            "calibrationSettings": { "screenReplayCalibration": "SOFT" },
        }),
    );
    world.store(&DOCUMENT_LIVENESS, &[document]).await;
    let read = with(
        "read",
        json!({
            "project": id("project"), "projectFlow": id("flow"), "appRegistration": id("registration"),
            "status": "NEEDS_MANUAL_VERIFICATION", "type": "demo", "validationMethod": "OCR",
            "inputMethod": "CAMERA", "documentType": "PA", "country": "PER", "imageSaved": false,
            "documentNumber": "AB123456", "OCRExtraction": { "firstName": "JO", "lastName": "DOE" },
            "validationResults": {
                "checkDigits": { "result": "passed", "details": "right", "values": [] },
            },
        }),
    );
    world.store(&DOCUMENT_VALIDATIONS, &[read]).await;
    let template = with("template", json!({ "name": "Cards", "labels": { "x": "No." } }));
    world.store(&PROMPT_TEMPLATES, &[template]).await;
    let member = with(
        "member",
        json!({
            "name": format!("Mo of {client}"), "email": format!("mo@{client}.example"),
            "role": "viewer", "status": "invited", "hasTotp": false,
        }),
    );
    world.store(&PROJECT_MEMBERS, &[member]).await;
    let review = with(
        "review",
        json!({
            "subject": { "resource": "document-validations", "id": id("read") },
            "subjectResource": "document-validations", "subjectId": id("read"),
            "appRegistration": id("registration"), "project": id("project"),
            "projectFlow": id("flow"), "openedBecause": ["manualVerification"], "priority": 100,
            "state": "open",
        }),
    );
    world.store(&REVIEWS, &[review]).await;
    let event = with(
        "event",
        json!({
            "type": "app_registration.created", "resource": "app-registrations",
            "record": id("registration"), "sequence": 1, "status": "STARTED", "actor": "command",
            "projectFlow": id("flow"), "appRegistration": id("registration"),
        }),
    );
    world.store(&EVENTS, &[event]).await;
    let access = with(
        "access",
        json!({
            "resource": "document-validations", "record": id("read"), "part": "image",
            "actor": "member:someone", "purpose": format!("review:{}", id("review")),
        }),
    );
    world.store(&ACCESSES, &[access]).await;
    let webhook = with(
        "webhook",
        json!({
            "name": format!("{client} hook"), "url": "https://hooks.example/verax",
            "isActive": false, "projectFlow": [id("flow")], "format": "standard",
            "payload": "thin", "ordering": "record", "source": "api", "failures": 0,
        }),
    );
    world.store(&WEBHOOKS, &[webhook]).await;
    let delivery = with(
        "delivery",
        json!({
            "type": "app_registration.created", "webhook": id("webhook"), "event": id("event"),
            "projectFlow": id("flow"), "appRegistration": id("registration"),
            "resource": "app-registrations", "record": id("registration"), "sequence": 1,
            "status": "sent", "state": "delivered", "attempts": 1, "dueAt": at, "sentAt": at,
            "endedAt": at, "response": { "status": "success", "statusCode": 200 },
            "responseStatus": "success",
        }),
    );
    world.store(&WEBHOOK_EVENTS, &[delivery]).await;
}

/// The kind of record that [`one_of_each`] makes for a path's `{id}`: `biometric-validations` →
/// `validation`.
pub fn kind_of(path: &str) -> &str {
    let before_id = path.split("/{id}").next().and_then(|path| path.rsplit('/').next());
    match before_id.unwrap_or_default() {
        "document-liveness" => "document",
        "document-validations" => "read",
        // Of the type that is below `demo` alone.
        "demo" => "read",
        "webhook-events" => "delivery",
        "accesses" => "access",
        "email-validations" => "email",
        "phone-validations" => "phone",
        plural => plural.rsplit('-').next().unwrap_or_default().trim_end_matches('s'),
    }
}

/// The path with the id of this client's record in it; a client is named by its own id.
pub fn target_of(path: &str, client: &str) -> String {
    let is_client = ["/v2/clients/", "/v2/client-settings/"].iter().any(|it| path.starts_with(it));
    let id = if is_client { client.to_owned() } else { format!("{client}-{}", kind_of(path)) };
    path.replace("{id}", &id)
}
