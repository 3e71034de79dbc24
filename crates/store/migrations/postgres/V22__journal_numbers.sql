-- Numbers of events, given after the commit: 1, 2, 3 … of each client, and positions over all. A trigger
-- writes down what has no number yet; numbering takes it from there.

CREATE TABLE journal_new (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    client text COLLATE "C" NOT NULL,
    source text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL
);

CREATE TABLE journal_leaves (
    position bigint NOT NULL,
    client text COLLATE "C" NOT NULL,
    number bigint NOT NULL,
    source text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    digest text COLLATE "C",
    PRIMARY KEY (client, number)
);

CREATE UNIQUE INDEX journal_leaves_id ON journal_leaves (client, id);
-- Not unique, so that the table can be distributed by client: that no position comes twice is what the
-- size of the tree is compared for.
CREATE INDEX journal_leaves_position ON journal_leaves (position);

CREATE TABLE journal_heads (
    client text COLLATE "C" PRIMARY KEY NOT NULL,
    number bigint NOT NULL,
    tag text COLLATE "C" NOT NULL
);

CREATE TABLE journal_tree (
    id text COLLATE "C" PRIMARY KEY NOT NULL,
    size bigint NOT NULL
);

CREATE FUNCTION events_journal_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO journal_new (client, source, id) SELECT client, 'events', id FROM added;
    RETURN NULL;
END $$;

CREATE TRIGGER events_journal_insert AFTER INSERT ON events
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION events_journal_added();

-- No event of a record comes before the one that it follows, whatever the clocks said.
INSERT INTO journal_new (client, source, id)
SELECT client, 'events', id FROM (
    SELECT client, id, sequence,
        max(created_at) OVER (PARTITION BY client, resource, record ORDER BY sequence) AS moment
    FROM events
) AS waiting ORDER BY moment, sequence, id;
