-- Who has looked at which image.

CREATE TABLE accesses (
    id TEXT PRIMARY KEY NOT NULL,
    client TEXT NOT NULL,
    resource TEXT NOT NULL,
    record TEXT NOT NULL,
    part TEXT NOT NULL,
    actor TEXT NOT NULL,
    purpose TEXT,
    request TEXT,
    created_at INTEGER NOT NULL
) STRICT;

CREATE INDEX accesses_client_created ON accesses (client, created_at, id);
CREATE INDEX accesses_created ON accesses (created_at, id);
CREATE INDEX accesses_record ON accesses (client, record, created_at, id);
