-- Endpoints that are called when something has happened, what is delivered to them, each attempt, and the
-- bodies that were sent and answered. Bodies hold personal data: they are apart, and go first.

CREATE TABLE webhooks (
    id text COLLATE "C" NOT NULL,
    client text COLLATE "C" NOT NULL,
    name text COLLATE "C",
    name_folded text COLLATE "C",
    url text COLLATE "C" NOT NULL,
    description text COLLATE "C",
    is_active boolean NOT NULL DEFAULT TRUE,
    -- NULL: the events of all flows, and of none; a JSON list of ids.
    project_flow text COLLATE "C",
    -- NULL: all types; a JSON list of types and of `<resource>.*`.
    event_types text COLLATE "C",
    format text COLLATE "C" NOT NULL DEFAULT 'verifik',
    payload text COLLATE "C" NOT NULL DEFAULT 'full',
    ordering text COLLATE "C" NOT NULL DEFAULT 'record',
    source text COLLATE "C" NOT NULL DEFAULT 'api',
    notification text COLLATE "C",
    -- Failed attempts in a row, and since when there was nothing else.
    failures bigint NOT NULL DEFAULT 0,
    failing_since bigint,
    paused_until bigint,
    pause_ms bigint NOT NULL DEFAULT 0,
    disabled_at bigint,
    disabled_reason text COLLATE "C",
    -- Secrets follow from the endpoint's key and this number; the one before it counts until then.
    secret_number bigint NOT NULL DEFAULT 1,
    old_secret_until bigint,
    created_at bigint NOT NULL,
    updated_at bigint,
    PRIMARY KEY (client, id)
);

CREATE UNIQUE INDEX webhooks_id ON webhooks (id);

CREATE INDEX webhooks_client_created ON webhooks (client, created_at, id);
CREATE INDEX webhooks_source ON webhooks (client, source);

CREATE TABLE webhook_events (
    id text COLLATE "C" NOT NULL,
    client text COLLATE "C" NOT NULL,
    webhook text COLLATE "C" NOT NULL,
    event text COLLATE "C" NOT NULL,
    type text COLLATE "C" NOT NULL,
    resource text COLLATE "C" NOT NULL,
    record text COLLATE "C" NOT NULL,
    sequence bigint NOT NULL,
    record_status text COLLATE "C",
    project_flow text COLLATE "C",
    app_registration text COLLATE "C",
    status text COLLATE "C" NOT NULL DEFAULT 'pending',
    state text COLLATE "C" NOT NULL DEFAULT 'pending',
    attempts bigint NOT NULL DEFAULT 0,
    response text COLLATE "C",
    response_status text COLLATE "C",
    -- When it is attempted next; while an attempt is under way, when it counts as left behind.
    due_at bigint NOT NULL,
    sent_at bigint,
    ended_at bigint,
    created_at bigint NOT NULL,
    PRIMARY KEY (client, id)
);

CREATE UNIQUE INDEX webhook_events_id ON webhook_events (id);

CREATE INDEX webhook_events_client_created ON webhook_events (client, created_at, id);
CREATE INDEX webhook_events_webhook_created ON webhook_events (client, webhook, created_at, id);
CREATE INDEX webhook_events_due ON webhook_events (client, webhook, due_at, created_at, sequence)
    WHERE ended_at IS NULL;
CREATE INDEX webhook_events_open ON webhook_events (client, webhook, record, sequence) WHERE ended_at IS NULL;
CREATE INDEX webhook_events_ended ON webhook_events (ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE webhook_attempts (
    client text COLLATE "C" NOT NULL,
    delivery text COLLATE "C" NOT NULL,
    number bigint NOT NULL,
    at bigint NOT NULL,
    ms bigint NOT NULL,
    status_code bigint,
    error text COLLATE "C",
    headers text COLLATE "C",
    PRIMARY KEY (client, delivery, number)
);

CREATE TABLE webhook_bodies (
    client text COLLATE "C" NOT NULL,
    delivery text COLLATE "C" NOT NULL,
    resource text COLLATE "C" NOT NULL,
    record text COLLATE "C" NOT NULL,
    app_registration text COLLATE "C",
    request text COLLATE "C" NOT NULL,
    response text COLLATE "C",
    -- When the delivery ended.
    ended_at bigint,
    PRIMARY KEY (client, delivery)
);

CREATE INDEX webhook_bodies_record ON webhook_bodies (client, record);
CREATE INDEX webhook_bodies_ended ON webhook_bodies (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX webhook_bodies_registration ON webhook_bodies (client, app_registration)
    WHERE app_registration IS NOT NULL;

-- Flows that were given a URL before anything was delivered.
INSERT INTO webhooks (id, client, name, url, project_flow, source, created_at)
SELECT id, client, 'Flow ' || COALESCE(name, id), webhook_url, json_build_array(id)::text, 'flow', COALESCE(created_at, 0)
FROM project_flows WHERE webhook_url IS NOT NULL AND webhook_url <> '' AND length(webhook_url) <= 2048;
