//! A browser without a screen: a cookie, and the headers that browsers send.

use axum::body::Body;
use axum::http::{HeaderValue, Method, Request, header};
use verax_domain::role::Role;
use verax_server::http::{Needs, SESSION_COOKIE, console_pages};

use crate::answer::Answer;
use crate::fixtures::target_of;
use crate::members::member;
use crate::world::World;

pub const HOST: &str = "verax.example";
pub const ORIGIN: &str = "https://verax.example";
const FORM: &str = "application/x-www-form-urlencoded";

/// Somebody at a browser.
pub struct Visit<'a> {
    pub world: &'a World,
    /// The secret of a session; empty: nobody has signed in.
    pub secret: String,
}

impl<'a> Visit<'a> {
    pub fn stranger(world: &'a World) -> Visit<'a> {
        Visit { world, secret: String::new() }
    }

    /// A member of this client, or of the whole server, who has signed in.
    pub async fn of(world: &'a World, client: Option<&str>, role: Role) -> Visit<'a> {
        let email = format!("{}@{}.example", role.word(), client.unwrap_or("all"));
        let signed_in = member(world, client, &email, role).await;
        Visit { world, secret: signed_in.secret.to_string() }
    }

    pub async fn get(&self, target: &str) -> Answer {
        self.world.send(self.request(Method::GET, target, "")).await
    }

    /// Sends a form from a page of our own.
    pub async fn post(&self, target: &str, form: &str) -> Answer {
        self.post_as(target, FORM, form).await
    }

    /// Sends something that says that it is of this type.
    pub async fn post_as(&self, target: &str, media_type: &'static str, body: &str) -> Answer {
        let mut request = self.request(Method::POST, target, body);
        request.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
        let origin = ORIGIN.parse().expect("a header");
        request.headers_mut().insert(header::ORIGIN, origin);
        self.world.send(request).await
    }

    pub fn request(&self, method: Method, target: &str, form: &str) -> Request<Body> {
        let cookie = format!("theme=dark; {SESSION_COOKIE}={}", self.secret);
        let target = target.replace('<', "%3C").replace('>', "%3E").replace(' ', "%20");
        Request::builder()
            .method(method)
            .uri(target)
            .header(header::HOST, HOST)
            .header(header::COOKIE, cookie)
            .header(header::ACCEPT, "text/html")
            .header(header::CONTENT_TYPE, FORM)
            .body(Body::from(form.to_owned()))
            .expect("a request")
    }
}

/// Every page that is got, with a record of this client where its path names one, and what it needs.
pub fn got_pages(client: &str) -> Vec<(String, Needs)> {
    let got = console_pages().into_iter().filter(|page| page.method == Method::GET);
    let is_whole = |path: &str| {
        !path.contains("{*") && !["{file}", "{secret}", "{code}"].iter().any(|it| path.contains(it))
    };
    let whole = got.filter(|page| is_whole(&page.path));
    whole.map(|page| (target_of(&page.path, client), page.needs)).collect()
}

/// The secret that an answer's cookie holds.
pub fn cookie_of(answer: &Answer) -> String {
    let prefix = format!("{SESSION_COOKIE}=");
    let cookie = answer.header("set-cookie");
    let rest = cookie.strip_prefix(&prefix).expect("the cookie of a session");
    rest.split(';').next().unwrap_or_default().to_owned()
}
