-- Who has looked at which image.

CREATE TABLE accesses (
    id text COLLATE "C" NOT NULL,
    client text COLLATE "C" NOT NULL,
    resource text COLLATE "C" NOT NULL,
    record text COLLATE "C" NOT NULL,
    part text COLLATE "C" NOT NULL,
    actor text COLLATE "C" NOT NULL,
    purpose text COLLATE "C",
    request text COLLATE "C",
    created_at bigint NOT NULL
);

CREATE UNIQUE INDEX accesses_id ON accesses (id);
CREATE INDEX accesses_client_created ON accesses (client, created_at, id);
CREATE INDEX accesses_created ON accesses (created_at, id);
CREATE INDEX accesses_record ON accesses (client, record, created_at, id);
ALTER TABLE accesses ADD PRIMARY KEY (client, id);
