//! The vault is swept by one node at a time, and every node knows what was found.

use crate::world::get;
use verax_server::http::{self, State};

const HOUR: i64 = 60 * 60 * 1000;

on_both_databases! {
    async fn one_node_sweeps_and_all_know_what_was_found(world) {
        world.client("acme").await;
        // Made by the clock of the disk.
        let past = verax_server::clock::Clock::System.now().0 - world.app.clock.now().0;
        world.turn_clock(past + 2 * HOUR);
        for subject in ["nobody", "none"] {
            world.app.vault.keep("acme", subject, "picture", b"left").await.expect("kept");
        }
        // The client's own key for digests is nobody's loss.
        world.app.vault.code_key("acme", ".requests").await.expect("a key");
        let (one, two) = (world.node(|_| {}).await, world.node(|_| {}).await);
        assert_eq!(one.sweeps.orphans(), None);
        let (swept, other) = tokio::join!(one.sweep_vault_when_due(), two.sweep_vault_when_due());
        let swept = [swept.expect("a look"), other.expect("a look")];
        assert_eq!(swept.iter().filter(|it| **it).count(), 1, "{swept:?}");
        for node in [&one, &two] {
            assert!(!node.sweep_vault_when_due().await.expect("a look"), "it is not due");
            assert_eq!(node.sweeps.orphans(), Some(2));
        }
        let metrics = get(&http::router(State::new(two.clone())), "", "/metrics").await;
        assert!(metrics.text().contains("verax_vault_orphans 2\n"), "{}", metrics.text());
        // They are counted, and that is all.
        assert!(one.vault.holds_key("acme", "nobody").await.expect("a look"));

        world.turn_clock(24 * HOUR + 1);
        let destroying = world.node(|config| config.vault.sweep_destroys = true).await;
        assert!(destroying.sweep_vault_when_due().await.expect("a look"));
        assert_eq!(destroying.sweeps.orphans(), Some(0));
        assert!(!one.vault.holds_key("acme", "nobody").await.expect("a look"));
        assert!(one.vault.holds_key("acme", ".requests").await.expect("a look"));
        let off = world.node(|config| config.vault.sweep_hours = 0).await;
        world.turn_clock(240 * HOUR);
        assert!(!off.sweep_vault_when_due().await.expect("a look"));
    }

    async fn a_node_that_dies_in_the_middle_is_replaced(world) {
        use verax_domain::Timestamp;
        use verax_store::{Batch, JobKind};
        let now = world.app.clock.now();
        let mut batch = Batch::default();
        batch.ensure_periodic(JobKind::VaultSweep);
        world.app.database.commit(batch).await.expect("a job");
        let lease = Timestamp(now.0 + 120_000);
        let taken = world.app.database.take_jobs(JobKind::VaultSweep, now, lease, 1).await;
        assert_eq!(taken.expect("a look").len(), 1);
        let other = world.node(|_| {}).await;
        assert!(!other.sweep_vault_when_due().await.expect("a look"));
        world.turn_clock(121_000);
        assert!(other.sweep_vault_when_due().await.expect("a look"));
    }
}
