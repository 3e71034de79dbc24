-- Endpoints that are called when something has happened, what is delivered to them, each attempt, and the
-- bodies that were sent and answered. Bodies hold personal data: they are apart, and go first.

CREATE TABLE webhooks (
    id TEXT PRIMARY KEY NOT NULL,
    client TEXT NOT NULL,
    name TEXT,
    name_folded TEXT,
    url TEXT NOT NULL,
    description TEXT,
    is_active INTEGER NOT NULL DEFAULT 1,
    -- NULL: the events of all flows, and of none; a JSON list of ids.
    project_flow TEXT,
    -- NULL: all types; a JSON list of types and of `<resource>.*`.
    event_types TEXT,
    format TEXT NOT NULL DEFAULT 'verifik',
    payload TEXT NOT NULL DEFAULT 'full',
    ordering TEXT NOT NULL DEFAULT 'record',
    source TEXT NOT NULL DEFAULT 'api',
    notification TEXT,
    -- Failed attempts in a row, and since when there was nothing else.
    failures INTEGER NOT NULL DEFAULT 0,
    failing_since INTEGER,
    paused_until INTEGER,
    pause_ms INTEGER NOT NULL DEFAULT 0,
    disabled_at INTEGER,
    disabled_reason TEXT,
    -- Secrets follow from the endpoint's key and this number; the one before it counts until then.
    secret_number INTEGER NOT NULL DEFAULT 1,
    old_secret_until INTEGER,
    created_at INTEGER NOT NULL,
    updated_at INTEGER
) STRICT;

CREATE INDEX webhooks_client_created ON webhooks (client, created_at, id);
CREATE INDEX webhooks_source ON webhooks (client, source);

CREATE TABLE webhook_events (
    id TEXT PRIMARY KEY NOT NULL,
    client TEXT NOT NULL,
    webhook TEXT NOT NULL,
    event TEXT NOT NULL,
    type TEXT NOT NULL,
    resource TEXT NOT NULL,
    record TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    record_status TEXT,
    project_flow TEXT,
    app_registration TEXT,
    status TEXT NOT NULL DEFAULT 'pending',
    state TEXT NOT NULL DEFAULT 'pending',
    attempts INTEGER NOT NULL DEFAULT 0,
    response TEXT,
    response_status TEXT,
    -- When it is attempted next; while an attempt is under way, when it counts as left behind.
    due_at INTEGER NOT NULL,
    sent_at INTEGER,
    ended_at INTEGER,
    created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX webhook_events_client_created ON webhook_events (client, created_at, id);
CREATE INDEX webhook_events_webhook_created ON webhook_events (client, webhook, created_at, id);
CREATE INDEX webhook_events_due ON webhook_events (client, webhook, due_at, created_at, sequence)
    WHERE ended_at IS NULL;
CREATE INDEX webhook_events_open ON webhook_events (client, webhook, record, sequence) WHERE ended_at IS NULL;
CREATE INDEX webhook_events_ended ON webhook_events (ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE webhook_attempts (
    client TEXT NOT NULL,
    delivery TEXT NOT NULL,
    number INTEGER NOT NULL,
    at INTEGER NOT NULL,
    ms INTEGER NOT NULL,
    status_code INTEGER,
    error TEXT,
    headers TEXT,
    PRIMARY KEY (client, delivery, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE webhook_bodies (
    client TEXT NOT NULL,
    delivery TEXT NOT NULL,
    resource TEXT NOT NULL,
    record TEXT NOT NULL,
    app_registration TEXT,
    request TEXT NOT NULL,
    response TEXT,
    -- When the delivery ended.
    ended_at INTEGER,
    PRIMARY KEY (client, delivery)
) STRICT;

CREATE INDEX webhook_bodies_record ON webhook_bodies (client, record);
CREATE INDEX webhook_bodies_ended ON webhook_bodies (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX webhook_bodies_registration ON webhook_bodies (client, app_registration)
    WHERE app_registration IS NOT NULL;

-- Flows that were given a URL before anything was delivered.
INSERT INTO webhooks (id, client, name, url, project_flow, source, created_at)
SELECT id, client, 'Flow ' || COALESCE(name, id), webhook_url, json_array(id), 'flow', COALESCE(created_at, 0)
FROM project_flows WHERE webhook_url IS NOT NULL AND webhook_url <> '' AND length(webhook_url) <= 2048;
