//! One call of the API: what the router, the check of tokens and scopes, the OpenAPI document and the
//! tests of rejections all read.

use axum::handler::Handler;
use axum::http::{Method, StatusCode};
use axum::routing::{MethodFilter, MethodRouter, on};
use serde_json::{Value, json};
use verax_query::Resource;

use super::body::table::{BodyField, Purpose};
use super::error_codes::ErrorCode;
use super::layers::access::Access;
use super::openapi::shapes::{envelope, reference, signed_envelope};
use super::state::State;

/// A call of the API. There is no other way to a route of it than through one of these, and none of
/// these without its description.
pub struct Operation {
    pub method: Method,
    /// With `{id}` where a record is named.
    pub path: String,
    pub described: Description,
    /// Of the path's query and of headers; `{id}` and `Idempotency-Key` are known without.
    pub parameters: Vec<Value>,
    /// Whether a wrong parameter of the query is a 400 with all problems.
    pub checks_query: bool,
    pub body: Option<Body>,
    /// Answers beside the first.
    pub more_answers: Vec<Answer>,
    /// What it answers beside what every operation of its kind does.
    pub errors: Vec<&'static ErrorCode>,
    /// Whose 404 is answered where the path's `{id}`, or the token, names a record.
    pub unknown: Option<&'static str>,
    /// What the path's `{id}` is.
    pub id_doc: &'static str,
    /// Whether long answers are compressed.
    pub is_compressed: bool,
    pub handler: MethodRouter<State>,
}

/// What nobody may leave out.
pub struct Description {
    /// `operationId`.
    pub id: String,
    pub summary: String,
    /// More than the summary says; may be empty.
    pub doc: String,
    pub tag: &'static str,
    pub access: Access,
    pub answer: Answer,
}

/// The JSON body of a call.
pub struct Body {
    pub table: &'static [BodyField],
    pub purpose: Purpose,
    /// Whether there must be one.
    pub is_required: bool,
    /// What is answered when members of it are wrong or missing.
    pub wrong: &'static ErrorCode,
    pub example: Option<Value>,
}

/// An answer that is no error.
pub struct Answer {
    pub status: StatusCode,
    pub description: String,
    /// What of the OpenAPI document's `content`: a schema per media type.
    pub content: Value,
    pub headers: Value,
}

impl Operation {
    /// # Panics
    /// Never for the methods of this API: GET, POST, PUT and DELETE.
    pub fn new<H: Handler<T, State>, T: 'static>(
        method: Method,
        path: impl Into<String>,
        handler: H,
        described: Description,
    ) -> Operation {
        // HEAD is answered by what answers GET.
        let filter = MethodFilter::try_from(method.clone()).unwrap_or(MethodFilter::OPTIONS);
        Operation {
            method,
            path: path.into(),
            described,
            parameters: Vec::new(),
            checks_query: false,
            body: None,
            more_answers: Vec::new(),
            errors: Vec::new(),
            unknown: None,
            id_doc: "The record's id.",
            is_compressed: false,
            handler: on(filter, handler),
        }
    }

    pub fn get<H: Handler<T, State>, T: 'static>(
        path: impl Into<String>,
        handler: H,
        described: Description,
    ) -> Operation {
        Operation::new(Method::GET, path, handler, described)
    }

    pub fn post<H: Handler<T, State>, T: 'static>(
        path: impl Into<String>,
        handler: H,
        described: Description,
    ) -> Operation {
        Operation::new(Method::POST, path, handler, described)
    }

    pub fn put<H: Handler<T, State>, T: 'static>(
        path: impl Into<String>,
        handler: H,
        described: Description,
    ) -> Operation {
        Operation::new(Method::PUT, path, handler, described)
    }

    pub fn delete<H: Handler<T, State>, T: 'static>(
        path: impl Into<String>,
        handler: H,
        described: Description,
    ) -> Operation {
        Operation::new(Method::DELETE, path, handler, described)
    }

    /// The same with a body of these members, and what is answered when some of them are wrong.
    pub fn body(
        mut self,
        table: &'static [BodyField],
        purpose: Purpose,
        wrong: &'static ErrorCode,
    ) -> Operation {
        // What is all optional need not be there.
        let is_required = purpose == Purpose::Create;
        self.body = Some(Body { table, purpose, is_required, wrong, example: None });
        self.errors.push(wrong);
        self
    }

    /// The same with an example of its body that is answered with a 200.
    pub fn example(mut self, example: Value) -> Operation {
        self.body = self.body.map(|body| Body { example: Some(example), ..body });
        self
    }

    /// The same with parameters of its query, and headers.
    pub fn parameters(mut self, parameters: impl IntoIterator<Item = Value>) -> Operation {
        self.parameters.extend(parameters);
        self
    }

    /// The same; a wrong parameter of the query is a 400 with all problems.
    pub fn checking_query(mut self) -> Operation {
        self.checks_query = true;
        self
    }

    pub fn or_answer(mut self, answer: Answer) -> Operation {
        self.more_answers.push(answer);
        self
    }

    pub fn errors(mut self, errors: &[&'static ErrorCode]) -> Operation {
        self.errors.extend(errors);
        self
    }

    /// The same; where there is no such record, this is answered.
    pub fn unknown(mut self, error: &'static str) -> Operation {
        self.unknown = Some(error);
        self
    }

    /// The same with other words about the path's `{id}`.
    pub fn id_doc(mut self, doc: &'static str) -> Operation {
        self.id_doc = doc;
        self
    }

    pub fn compressed(mut self) -> Operation {
        self.is_compressed = true;
        self
    }
}

impl Description {
    pub fn new(
        id: impl Into<String>,
        summary: impl Into<String>,
        tag: &'static str,
        access: Access,
        answer: Answer,
    ) -> Description {
        let (id, summary, doc) = (id.into(), summary.into(), String::new());
        Description { id, summary, doc, tag, access, answer }
    }

    /// The same with more than the summary says.
    pub fn doc(self, doc: impl Into<String>) -> Description {
        Description { doc: doc.into(), ..self }
    }
}

impl Answer {
    /// JSON of this schema.
    pub fn json(schema: Value) -> Answer {
        let content = json!({ "application/json": { "schema": schema } });
        let (status, headers) = (StatusCode::OK, Value::Null);
        Answer { status, description: "OK".to_owned(), content, headers }
    }

    /// `success` and `data` of this schema.
    pub fn data(schema: Value) -> Answer {
        Answer::json(envelope(schema))
    }

    /// The same with the signature of a resource that has one.
    pub fn data_of(resource: &Resource, schema: Value) -> Answer {
        Answer::json(signed_envelope(resource, schema))
    }

    /// The envelope of face calls: a short code of the request, `data` of this schema, a signature.
    pub fn service(schema: Value) -> Answer {
        Answer::json(json!({
            "type": "object",
            "required": ["id", "data", "signature"],
            "properties": {
                "id": { "type": "string", "pattern": "^[0-9A-Z]{5}$" },
                "data": schema,
                "signature": { "$ref": reference("Signature") },
            },
        }))
    }

    /// An image that was kept.
    pub fn image() -> Answer {
        let content = json!({ "image/*": { "schema": { "type": "string", "format": "binary" } } });
        let description = "The image as it was sent".to_owned();
        Answer { status: StatusCode::OK, description, content, headers: Value::Null }
    }

    pub fn with_status(self, status: StatusCode) -> Answer {
        Answer { status, ..self }
    }

    pub fn described(self, description: &str) -> Answer {
        Answer { description: description.to_owned(), ..self }
    }
}
