//! Webhooks: a delivery for every endpoint that an event is for, in the change's own commit.

use verax_domain::events::{Effect, Event, EventKind, Finding};
use verax_domain::resources::{BIOMETRIC_VALIDATIONS, WEBHOOKS};
use verax_domain::webhook::pattern_of;
use verax_query::{Arg, Sql};

use crate::batch::{Batch, Rows};

/// Queues an event for the endpoints that it is for. Its statements come after the event's own.
pub fn queue(batch: &mut Batch, event: &Event) {
    let row = event.kind.event_type();
    if !row.is_delivered() {
        return;
    }
    match event.kind {
        // The endpoint that a flow names is there before the next event of the flow.
        EventKind::FlowCreated | EventKind::FlowUpdated => {
            batch.keep_flow_endpoints(Some(event));
            batch.drop_flow_endpoints(Some(&event.client));
        }
        EventKind::FlowDeleted | EventKind::ProjectDeleted => {
            batch.drop_flow_endpoints(Some(&event.client));
        }
        EventKind::WebhookDeleted => cancel(batch, event),
        _ => {}
    }
    if row.effect == Effect::Deleted {
        forget_bodies(batch, event);
    }
    let name = row.verifik.first().copied();
    batch.push(deliveries(event, Told { name, also: None }), Rows::Any);
    if let Some((name, finding)) = row.verifik_also {
        batch.push(deliveries(event, Told { name: Some(name), also: Some(finding) }), Rows::Any);
    }
    if row.resource.name == BIOMETRIC_VALIDATIONS.name && row.effect != Effect::Deleted {
        batch.push(delivery_of_validation(event), Rows::Any);
    }
}

impl Batch {
    /// Every flow with a `webhookUrl` has an endpoint with the flow's own id; another URL is a new
    /// beginning. `event`: of the flow that changed; none: of all flows, also those that were imported.
    pub fn keep_flow_endpoints(&mut self, event: Option<&Event>) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("INSERT INTO webhooks (id, client, name, url, project_flow, source, created_at, ");
        // Its secrets are others each time that it is made: one that leaked does not come back.
        sql.push("secret_number) SELECT f.id, f.client, 'Flow ' || COALESCE(f.name, f.id), ");
        sql.push("f.webhook_url, '[\"' || f.id || '\"]', 'flow', ");
        sql.push("COALESCE(f.updated_at, f.created_at, 0), ");
        sql.push("COALESCE(f.updated_at, f.created_at, 1) ");
        sql.push("FROM project_flows AS f WHERE f.webhook_url IS NOT NULL AND f.webhook_url <> ''");
        // What an import brings may be longer than anything that can be called.
        sql.push(" AND length(f.webhook_url) <= 2048");
        if let Some(event) = event {
            sql.push(" AND f.client = ").bind(text(&event.client));
            sql.push(" AND f.id = ").bind(text(&event.record));
        }
        sql.push(" ON CONFLICT (").push_on_postgres("client, ");
        sql.push("id) DO UPDATE SET url = excluded.url, is_active = TRUE, failures = 0, ");
        sql.push("failing_since = NULL, paused_until = NULL, pause_ms = 0, disabled_at = NULL, ");
        sql.push("disabled_reason = NULL, updated_at = excluded.created_at WHERE ");
        sql.push("webhooks.client = excluded.client AND webhooks.source = 'flow' AND ");
        sql.push("webhooks.url <> excluded.url");
        self.push(sql, Rows::Any)
    }

    /// An endpoint of a flow that is gone, or that names no URL any more, goes with what was queued for
    /// it. `client`: of whom; none: of all.
    pub fn drop_flow_endpoints(&mut self, client: Option<&str>) -> &mut Batch {
        let mut sql = Sql::default();
        sql.push("DELETE FROM webhooks WHERE source = 'flow'");
        if let Some(client) = client {
            sql.push(" AND client = ").bind(text(client));
        }
        sql.push(" AND NOT EXISTS (SELECT 1 FROM project_flows AS f WHERE f.client = ");
        sql.push("webhooks.client AND f.id = webhooks.id AND f.webhook_url IS NOT NULL AND ");
        sql.push("f.webhook_url <> '')");
        self.push(sql, Rows::Any)
    }
}

/// What an endpoint is told in Verifik's words.
#[derive(Clone, Copy)]
struct Told {
    /// Behind the type of the flow; none: nothing.
    name: Option<&'static str>,
    /// Besides the event itself, and only where the record says this.
    also: Option<Finding>,
}

/// For the endpoints that the client has made, and that its flows name.
fn deliveries(event: &Event, told: Told) -> Sql {
    let row = event.kind.event_type();
    let mut sql = Sql::default();
    push_columns(&mut sql);
    // A delivery has the event's id but for the last two digits, which number the endpoints.
    sql.push("SELECT substr(id, 1, 22) || ");
    sql.push("substr('0123456789abcdef', CAST((nth - 1) / 16 + 1 AS integer), 1) || ");
    sql.push("substr('0123456789abcdef', CAST((nth - 1) % 16 + 1 AS integer), 1)");
    // What is told besides is another message to whoever knows messages by their ids.
    let (delivery, message) = match told.also {
        Some(_) => (" || '-1'", "id || '.1'"),
        None => ("", "id"),
    };
    sql.push(delivery).push(", client, webhook, ").push(message);
    sql.push(", type, resource, record, sequence, status, project_flow, ");
    sql.push("app_registration, state, created_at, created_at FROM (SELECT e.id, e.client, ");
    sql.push("w.id AS webhook, row_number() OVER (ORDER BY w.id) AS nth, ");
    push_event(&mut sql, event, told.name);
    match told.also {
        Some(Finding::LivenessFailed) => {
            sql.push(" AND EXISTS (SELECT 1 FROM biometric_validations AS v WHERE v.client = ");
            sql.push("e.client AND v.id = e.record AND replace(v.verification_results, ");
            sql.push("'\"livenessDetection\":\"failed\"', '') <> v.verification_results)");
        }
        Some(Finding::PersonCreated) => {
            sql.push(" AND EXISTS (SELECT 1 FROM validation_persons AS v JOIN persons AS p ON ");
            sql.push("p.client = v.client AND p.id = v.person WHERE v.client = e.client AND ");
            sql.push("v.validation = e.record AND p.created_at = e.created_at)");
        }
        None => {}
    }
    if told.also.is_some() {
        sql.push(" AND w.format = 'verifik'");
    }
    sql.push(" AND w.source IN ('api', 'flow') AND (w.project_flow IS NULL OR ");
    sql.push("replace(w.project_flow, '\"' || e.project_flow || '\"', '') <> w.project_flow)");
    if told.name.is_none() {
        sql.push(" AND w.format <> 'verifik'");
    }
    sql.push(" AND (w.event_types IS NULL");
    for pattern in [row.name.to_owned(), pattern_of(row.name)] {
        sql.push(" OR replace(w.event_types, ").bind(Arg::Text(format!("\"{pattern}\"")));
        sql.push(", '') <> w.event_types");
    }
    sql.push(")");
    if row.resource.name == WEBHOOKS.name {
        // Of itself an endpoint is told by other ways.
        sql.push(" AND w.id <> e.record");
    }
    sql.push(") AS matched WHERE nth < 256");
    sql
}

/// For the endpoint that the validation itself names.
fn delivery_of_validation(event: &Event) -> Sql {
    let row = event.kind.event_type();
    let mut sql = Sql::default();
    push_columns(&mut sql);
    sql.push("SELECT substr(id, 1, 22) || 'ff', client, webhook, id, type, resource, record, ");
    sql.push("sequence, status, project_flow, app_registration, state, created_at, created_at ");
    sql.push("FROM (SELECT e.id, e.client, w.id AS webhook, ");
    push_event(&mut sql, event, row.verifik.first().copied());
    sql.push(" AND w.source = 'validation' AND w.url = (SELECT v.webhook_url FROM ");
    sql.push("biometric_validations AS v WHERE v.client = e.client AND v.id = e.record)");
    if row.verifik.is_empty() {
        sql.push(" AND w.format <> 'verifik'");
    }
    sql.push(") AS matched");
    sql
}

fn push_columns(sql: &mut Sql) {
    sql.push("INSERT INTO webhook_events (id, client, webhook, event, type, resource, record, ");
    sql.push("sequence, record_status, project_flow, app_registration, state, due_at, ");
    sql.push("created_at) ");
}

/// What a delivery says of its event, and the endpoints of the client.
fn push_event(sql: &mut Sql, event: &Event, verifik: Option<&str>) {
    match verifik {
        Some(suffix) => {
            sql.push("CASE w.format WHEN 'verifik' THEN COALESCE((SELECT f.type || '_' FROM ");
            sql.push(
                "project_flows AS f WHERE f.client = e.client AND f.id = e.project_flow), '')",
            );
            sql.push(" || CAST(").bind(text(suffix)).push(" AS text) ELSE e.type END AS type");
        }
        None => {
            sql.push("e.type");
        }
    }
    sql.push(", e.resource, e.record, e.sequence, e.status, e.project_flow, ");
    sql.push("e.app_registration, CASE WHEN w.is_active THEN 'pending' ELSE 'held' END AS state, ");
    sql.push("e.created_at FROM events AS e JOIN webhooks AS w ON w.client = e.client");
    sql.push(" WHERE e.client = ").bind(text(&event.client));
    sql.push(" AND e.id = ").bind(text(&event.stamp.id));
}

/// What was queued for an endpoint that is gone.
fn cancel(batch: &mut Batch, event: &Event) {
    let mut sql = Sql::default();
    sql.push("UPDATE webhook_events SET state = 'cancelled', ended_at = ");
    sql.bind(Arg::Integer(event.at.0)).push(" WHERE client = ").bind(text(&event.client));
    sql.push(" AND webhook = ").bind(text(&event.record)).push(" AND ended_at IS NULL");
    batch.push(sql, Rows::Any);
}

/// What was sent of a record that is gone.
fn forget_bodies(batch: &mut Batch, event: &Event) {
    for column in ["record", "app_registration"] {
        let mut sql = Sql::default();
        sql.push("DELETE FROM webhook_bodies WHERE client = ").bind(text(&event.client));
        sql.push(" AND ").push(column).push(" = ").bind(text(&event.record));
        batch.push(sql, Rows::Any);
    }
}

fn text(text: &str) -> Arg {
    Arg::Text(text.to_owned())
}
