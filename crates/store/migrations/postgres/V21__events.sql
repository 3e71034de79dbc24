-- The journal: what has happened to each record, in the order in which it happened. A row is written with
-- the change itself. It holds ids, and no other personal data; `salt` blinds what is said of it elsewhere.

CREATE TABLE events (
    id text COLLATE "C" NOT NULL,
    client text COLLATE "C" NOT NULL,
    type text COLLATE "C" NOT NULL,
    resource text COLLATE "C" NOT NULL,
    record text COLLATE "C" NOT NULL,
    sequence bigint NOT NULL,
    status text COLLATE "C",
    project_flow text COLLATE "C",
    app_registration text COLLATE "C",
    actor text COLLATE "C" NOT NULL,
    request text COLLATE "C",
    record_count bigint,
    digest text COLLATE "C",
    salt text COLLATE "C" NOT NULL DEFAULT '',
    created_at bigint NOT NULL,
    PRIMARY KEY (client, id)
);

CREATE UNIQUE INDEX events_id ON events (id);
CREATE UNIQUE INDEX events_sequence ON events (client, record, resource, sequence);
CREATE INDEX events_client_created ON events (client, created_at, id);
