-- Answers that are given again to the same Idempotency-Key. Key and body are kept as digests, the
-- answer is sealed with the key itself: who cannot repeat the request cannot read it here.

CREATE TABLE idempotency (
    id TEXT NOT NULL,
    request TEXT NOT NULL,
    answer TEXT,
    created_at INTEGER NOT NULL,
    lease_until INTEGER NOT NULL,
    PRIMARY KEY (id)
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotency_created ON idempotency (created_at);
