//! What reviewers have decided, as labels: of them error rates are made.

use verax_domain::lifecycle::ReviewState;
use verax_domain::records::review::{Review, STATE};
use verax_domain::resources::REVIEWS;
use verax_query::{Query, Tenant};
use verax_store::StoreError;

use crate::app::App;

const REVIEWS_PER_STATEMENT: u32 = 500;

impl App {
    /// Shows every review that was decided, of this client or of all.
    pub async fn decided_reviews(
        &self,
        client: Option<&str>,
        mut show: impl FnMut(Review),
    ) -> Result<(), StoreError> {
        let tenant = client.map_or(Tenant::All, |client| Tenant::Client(client.to_owned()));
        let query = Query::of(&REVIEWS).equal(STATE, ReviewState::Decided.word());
        let mut after = String::new();
        loop {
            let page: Vec<Review> =
                self.database.walk_records(&query, &tenant, &after, REVIEWS_PER_STATEMENT).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after.clone_from(&last.id);
            page.into_iter().for_each(&mut show);
        }
    }
}
