-- The journal: what has happened to each record, in the order in which it happened. A row is written with
-- the change itself. It holds ids, and no other personal data; `salt` blinds what is said of it elsewhere.

CREATE TABLE events (
    id TEXT PRIMARY KEY NOT NULL,
    client TEXT NOT NULL,
    type TEXT NOT NULL,
    resource TEXT NOT NULL,
    record TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    status TEXT,
    project_flow TEXT,
    app_registration TEXT,
    actor TEXT NOT NULL,
    request TEXT,
    record_count INTEGER,
    digest TEXT,
    salt TEXT NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX events_sequence ON events (client, record, resource, sequence);
CREATE INDEX events_client_created ON events (client, created_at, id);
