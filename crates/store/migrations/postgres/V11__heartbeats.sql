-- A row that readiness probes change: whoever can change it can store records.

CREATE TABLE heartbeats (
    id text COLLATE "C" PRIMARY KEY NOT NULL,
    beat_at bigint NOT NULL
);
