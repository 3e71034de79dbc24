-- Answers that are given again to the same Idempotency-Key. Key and body are kept as digests, the
-- answer is sealed with the key itself: who cannot repeat the request cannot read it here.

CREATE TABLE idempotency (
    id text COLLATE "C" NOT NULL,
    request text COLLATE "C" NOT NULL,
    answer text COLLATE "C",
    created_at bigint NOT NULL,
    lease_until bigint NOT NULL,
    PRIMARY KEY (id)
);

CREATE INDEX idempotency_created ON idempotency (created_at);
