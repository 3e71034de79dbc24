//! Members by their names, where records say who did something.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use verax_domain::journal::Principal;
use verax_domain::resources::PROJECT_MEMBERS;
use verax_query::{Key, Query};

use super::finding::rows;
use super::visitor::Visitor;
use crate::http::error::ApiError;
use crate::http::state::State;

/// The fields that say who: `member:<id>`, `token:<id>`.
const ACTOR_FIELDS: [&str; 4] = ["actor", "claimedBy", "decidedBy", "checkedBy"];
const MEMBER_ID: Key<str> = Key::text(&PROJECT_MEMBERS, "_id");
/// More are not named on one page.
const NAMED_MAX: usize = 100;

/// What the members are called whom the visitor may see: those of the same client.
#[derive(Default)]
pub struct ActorNames(BTreeMap<String, String>);

impl ActorNames {
    /// The names of those among `actors` who are members.
    pub async fn of(
        state: &State,
        visitor: &Visitor,
        actors: BTreeSet<String>,
    ) -> Result<ActorNames, ApiError> {
        let ids = actors.iter().filter_map(|actor| Principal::member_id(actor));
        let ids: Vec<String> = ids.take(NAMED_MAX).map(str::to_owned).collect();
        if ids.is_empty() {
            return Ok(ActorNames::default());
        }
        let query = Query::of(&PROJECT_MEMBERS)
            .one_of(MEMBER_ID, ids)
            .without_total()
            .at_most(NAMED_MAX as u32);
        let found = state.app.page(&query, &visitor.caller()?.tenant()).await?;
        let named = |member: &Value| {
            let text = |name: &str| member.get(name).and_then(Value::as_str);
            Some((Principal::Member(text("_id")?.to_owned()).text(), text("name")?.to_owned()))
        };
        Ok(ActorNames(rows(&found.rows)?.iter().filter_map(named).collect()))
    }

    /// What an actor is called; those without a name by what the record says.
    pub fn name(&self, actor: &str) -> String {
        self.0.get(actor).map_or(actor, String::as_str).to_owned()
    }

    /// Puts names in the place of the actors of this record.
    pub fn put(&self, record: &mut Value) {
        for field in ACTOR_FIELDS {
            if let Some(Value::String(actor)) = record.get_mut(field) {
                *actor = self.name(actor);
            }
        }
    }
}

/// Who did something, by these records.
pub fn actors<'a>(records: impl IntoIterator<Item = &'a Value>) -> BTreeSet<String> {
    let of_one = |record: &'a Value| {
        ACTOR_FIELDS.iter().filter_map(|field| record.get(*field)?.as_str().map(str::to_owned))
    };
    records.into_iter().flat_map(of_one).collect()
}

/// Puts names in the place of the actors of these records.
pub async fn name_actors(
    state: &State,
    visitor: &Visitor,
    records: &mut [Value],
) -> Result<(), ApiError> {
    let names = ActorNames::of(state, visitor, actors(&*records)).await?;
    records.iter_mut().for_each(|record| names.put(record));
    Ok(())
}
