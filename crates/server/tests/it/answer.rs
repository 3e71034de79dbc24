//! What a server answered, and how tests look at it.

use axum::body::Body;
use axum::http::{HeaderMap, Response};
use http_body_util::BodyExt;
use serde_json::Value;

#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
}

impl Answer {
    pub async fn read(response: Response<Body>) -> Answer {
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("a whole body").to_bytes().to_vec();
        Answer { status: parts.status.as_u16(), headers: parts.headers, bytes }
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes).expect("a body of UTF-8")
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes)
            .unwrap_or_else(|_| panic!("no JSON in a {}: {:?}", self.status, self.text()))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("a header of ASCII"))
    }

    /// The ids of a list's rows, in its order.
    #[track_caller]
    pub fn ids(&self) -> Vec<String> {
        assert_eq!(self.status, 200, "{}", self.text());
        let json = self.json();
        let rows = json["data"].as_array().expect("a list");
        rows.iter().map(|row| row["_id"].as_str().expect("an id").to_owned()).collect()
    }

    #[track_caller]
    pub fn total(&self) -> u64 {
        assert_eq!(self.status, 200, "{}", self.text());
        self.json()["pagination"]["total"].as_u64().expect("a total")
    }

    /// The parameters that a 400 names, in its order, after checking its four keys.
    #[track_caller]
    pub fn wrong_parameters(&self) -> Vec<String> {
        assert_eq!(self.status, 400, "{}", self.text());
        let json = self.json();
        assert_eq!(keys(&json), ["success", "error", "code", "details"]);
        assert_eq!(json["success"], false);
        assert_eq!(json["error"], "Invalid query parameters");
        assert_eq!(json["code"], "INVALID_PARAMETERS");
        let details = json["details"].as_array().expect("details");
        details
            .iter()
            .map(|detail| {
                assert_eq!(keys(detail), ["parameter", "message"]);
                assert!(detail["message"].as_str().is_some_and(|message| !message.is_empty()));
                detail["parameter"].as_str().expect("a parameter").to_owned()
            })
            .collect()
    }

    /// Checks the superset body of a rejection, and gives its code.
    #[track_caller]
    pub fn rejection(&self, status: u16) -> String {
        assert_eq!(self.status, status, "{}", self.text());
        let json = self.json();
        let begin = ["success", "error", "code", "message", "status"];
        assert_eq!(keys(&json)[..5], begin, "{}", self.text());
        assert_eq!(json["success"], false);
        assert_eq!(json["status"], status);
        for name in ["error", "code", "message"] {
            assert!(json[name].as_str().is_some_and(|text| !text.is_empty()), "{name}");
        }
        json["code"].as_str().unwrap_or_default().to_owned()
    }
}

pub fn keys(json: &Value) -> Vec<&str> {
    json.as_object().expect("an object").keys().map(String::as_str).collect()
}

/// The JSON text without its white space: what the server would write, key order and all.
pub fn compact(json: &str) -> String {
    serde_json::from_str::<Value>(json).expect("JSON").to_string()
}
