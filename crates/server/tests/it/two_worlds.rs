//! Two databases that differ in what one client must not know answer that client alike, to the
//! byte, whatever it asks. `VERAX_WORLDS_QUERIES` asks for more requests than the usual number.

use serde_json::json;
use verax_domain::Timestamp;
use verax_domain::resources::{
    ALL, APP_REGISTRATIONS, BIOMETRIC_VALIDATIONS, DOCUMENT_LIVENESS, PROJECT_FLOWS, PROJECTS,
};
use verax_query::{Kind, Resource};
use verax_server::clock::Random;
use verax_store::{Batch, Database, Token};

use crate::fixtures::{document, numbered, one_of_each, validation};
use crate::world::{Engine, NOW, World};

const QUERIES: usize = 3000;
/// Each costs several round trips.
const QUERIES_ON_POSTGRES: usize = 600;

/// What is the same in both worlds: the records of `acme`, some of which point to strangers.
async fn shared(world: &World) -> String {
    let token = world.token("acme").await;
    one_of_each(world, "acme").await;
    numbered(world, "acme", 30).await;
    let rows = [
        validation(
            "w1",
            "acme",
            json!({ "project": "globex-project", "projectFlow": "globex-flow" }),
        ),
        validation(
            "w2",
            "acme",
            json!({ "project": "acme-project", "livenessSession": "globex-session" }),
        ),
    ];
    world.store(&BIOMETRIC_VALIDATIONS, &rows).await;
    let rows = [document("w3", "acme", json!({ "appRegistration": "globex-registration" }))];
    world.store(&DOCUMENT_LIVENESS, &rows).await;
    token
}

/// What one world has and the other has not.
async fn secrets(world: &World) {
    world.client("globex").await;
    one_of_each(world, "globex").await;
    let spies =
        [json!({ "_id": "spy", "client": "globex", "project": "acme-project", "type": "login" })];
    world.store(&PROJECT_FLOWS, &spies).await;
    let more: Vec<_> = (0..40)
        .map(|n| {
            let more = json!({
                "identifier": format!("user{n}@example.com"), "type": "login",
                "project": "acme-project", "status": "completed", "riskScore": 0.01,
                "createdAt": "2025-01-04T00:00:00Z",
            });
            validation(&format!("x{n:02}"), "globex", more)
        })
        .collect();
    world.store(&BIOMETRIC_VALIDATIONS, &more).await;
    let template = json!({
        "template": "c2VjcmV0", "faceImage": "c2VjcmV0",
        "biometricData": { "quality": "good", "livenessScore": 0.5, "box": [1, 2], "template": "x" },
    });
    let mut row = validation("acme-validation", "acme", template);
    row["createdAt"] = "2025-05-01T08:00:00.250Z".into();
    row["status"] = "completed".into();
    world.store(&BIOMETRIC_VALIDATIONS, &[row]).await;
    let person = json!({ "_id": "acme-registration", "client": "acme", "otp": "123456" });
    world.store(&APP_REGISTRATIONS, &[person]).await;
    world
        .store(&PROJECTS, &[json!({ "_id": "acme-project", "client": "acme", "demoOTP": "1" })])
        .await;
    let mut batch = Batch::default();
    batch.insert_token(&Token {
        id: "another".to_owned(),
        client: "acme".to_owned(),
        scopes: "staff".to_owned(),
        subject: None,
        mode: "live".to_owned(),
        created_at: Timestamp(NOW),
        expires_at: Timestamp(NOW),
        revoked_at: None,
        renewable_until: None,
        renewal_of: None,
        sandbox_of: None,
        member: None,
    });
    world.app.database.commit(batch).await.expect("a token");
}

struct Asker {
    random: Random,
}

impl Asker {
    fn pick<'a>(&self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len())]
    }

    fn below(&self, count: usize) -> usize {
        usize::try_from(self.random.number() % count as u64).unwrap_or(0)
    }

    /// A request that names what is there, what is another's and what is nowhere.
    fn target(&self) -> String {
        let served: Vec<_> = ALL.into_iter().filter(|it| !it.versions.is_empty()).collect();
        let resource = served[self.below(served.len())];
        let mut parts: Vec<String> = Vec::new();
        for _ in 0..self.below(4) {
            parts.push(self.part(resource));
        }
        let id = match self.below(4) {
            0 => format!("/{}", self.id()),
            _ => String::new(),
        };
        format!("/{}/{}{id}?{}", resource.versions[0], resource.name, parts.join("&"))
    }

    fn part(&self, resource: &'static Resource) -> String {
        let field = &resource.fields[self.below(resource.fields.len())];
        let name = field.name;
        match self.below(13) {
            0 => format!("sort={}{name}", self.pick(&["", "-"])),
            1 => format!("populates[]={}", self.populated(resource)),
            2 => format!("perPage={}&page={}", self.below(7) + 1, self.below(5)),
            3 => format!("offset={}", self.below(60)),
            4 => format!("columns={name},_id"),
            5 => "count=true".to_owned(),
            6 => format!("search={}", self.pick(&["globex", "user", "jo", "bank", "%25", ""])),
            8 => self.pick(&["cursor=*", "cursor=AAAA", "skipTotal=1"]).to_owned(),
            7 if resource.name == "projects" => "with[]=projectFlows".to_owned(),
            _ => {
                let operator = self.pick(&[
                    "where_",
                    "wherenot_",
                    "where>_",
                    "where<=_",
                    "in_",
                    "notIn_",
                    "like_",
                    "notLike_",
                    "where-null_",
                    "where-not-null_",
                    "where-case-insensitive_",
                    "?where_",
                    "?like_",
                ]);
                format!("{operator}{name}={}", self.value(&field.kind))
            }
        }
    }

    fn populated(&self, resource: &'static Resource) -> String {
        let relations: Vec<_> = resource.relations().collect();
        let (field, relation) = relations[self.below(relations.len())];
        let inner: Vec<_> = relation.resource.relations().map(|(field, _)| field.name).collect();
        match inner.is_empty() || self.below(2) == 0 {
            true => field.name.to_owned(),
            false => format!("{}.{}", field.name, self.pick(&inner)),
        }
    }

    fn value(&self, kind: &Kind) -> String {
        match kind {
            Kind::Id | Kind::Relation(_) | Kind::Relations(_) => self.id(),
            Kind::Date => self.pick(&["1990-05-01", "2000-02-29"]).to_owned(),
            Kind::Word(words) => self.pick(words.words).to_owned(),
            Kind::Set(set) => self.pick(set.words).to_owned(),
            Kind::Bool => self.pick(&["true", "false"]).to_owned(),
            Kind::Integer => self.below(3).to_string(),
            Kind::Number => self.pick(&["0", "0.01", "0.25", "1"]).to_owned(),
            Kind::Time => self.pick(&["2025-01-04", "2025-01-20", "2025-05-01"]).to_owned(),
            Kind::Text | Kind::Texts | Kind::Json(_) => {
                self.pick(&["user1@example.com", "globex bank", "globex", "e", "c2Vj"]).to_owned()
            }
        }
    }

    fn id(&self) -> String {
        let client = self.pick(&["acme", "globex", "nobody"]);
        match self.below(4) {
            0 => client.to_owned(),
            1 => self.pick(&["v01", "w1", "w2", "w3", "x01", "spy"]).to_owned(),
            _ => {
                let kind = self.pick(&[
                    "project",
                    "flow",
                    "collection",
                    "person",
                    "session",
                    "registration",
                    "validation",
                    "document",
                ]);
                format!("{client}-{kind}")
            }
        }
    }
}

on_both_databases! {
    async fn secrets_and_strangers_change_no_answer(world) {
        let (other, queries) = match world.app.database {
            Database::Sqlite(_) => (World::sqlite().await, QUERIES),
            Database::Postgres(_) => (World::on(Engine::Postgres).await, QUERIES_ON_POSTGRES),
        };
        let asked = std::env::var("VERAX_WORLDS_QUERIES").ok().and_then(|it| it.parse().ok());
        let queries = asked.unwrap_or(queries);
        let token = shared(world).await;
        let same = shared(&other).await;
        secrets(&other).await;
        let asker = Asker { random: Random::seeded(2026) };
        let (mut lists, mut records, mut problems) = (0, 0, 0);
        for _ in 0..queries {
            let target = asker.target();
            let here = world.get(&token, &target).await;
            let there = other.get(&same, &target).await;
            assert_eq!((here.status, here.text()), (there.status, there.text()), "{target}");
            match here.status {
                200 if here.text().contains("\"pagination\"") => lists += 1,
                200 => records += 1,
                400 => problems += 1,
                404 => {}
                status => panic!("{status} to {target}: {}", here.text()),
            }
        }
        // The draw must have asked what matters.
        assert!(lists > queries / 3, "{lists} lists");
        assert!(records > queries / 20, "{records} records and counts");
        assert!(problems < queries / 3, "{problems} problems");
        other.end().await;
    }
}
