//! The families of the API, in the order in which they are read.

use serde_json::{Value, json};

/// Each `tag` of an operation, and what its operations are about.
const TAGS: [(&str, &str); 23] = [
    ("biometric-validations", "Faces that are checked for a login or a registration"),
    ("document-liveness", "Images of documents that are checked for attacks"),
    ("document-validations", "Documents that are read, checked and reviewed"),
    ("ocr", "Documents that are read by the protocol's other paths"),
    ("prompt-templates", "What is read off documents of a client's own"),
    ("app-registrations", "People who register with a project"),
    ("app-logins", "People who log in to a project"),
    ("email-validations", "Codes and links by e-mail"),
    ("phone-validations", "Codes by text message"),
    ("liveness-sessions", "Sessions in which a device takes images"),
    ("face-recognition", "Faces that are compared, searched and checked for attacks"),
    ("persons", "Enrolled persons"),
    ("collections", "Collections of persons"),
    ("reviews", "Cases that people decide"),
    ("projects", "Projects"),
    ("project-flows", "How a project registers people and lets them in"),
    ("project-members", "Who works in a project"),
    ("events", "What happened, as a list, a feed and a stream"),
    ("webhooks", "Where events are sent"),
    ("webhook-events", "What was sent, and how it was answered"),
    ("accesses", "Who has read what"),
    ("account", "The client, its settings and its tokens"),
    ("health", "Whether the server is well"),
];

pub fn described() -> Value {
    TAGS.iter().map(|(name, doc)| json!({ "name": name, "description": doc })).collect()
}
