-- Numbers of events, given after the commit: 1, 2, 3 … of each client, and positions over all. A trigger
-- writes down what has no number yet; numbering takes it from there.

CREATE TABLE journal_new (
    position INTEGER PRIMARY KEY,
    client TEXT NOT NULL,
    source TEXT NOT NULL,
    id TEXT NOT NULL
) STRICT;

CREATE TABLE journal_leaves (
    position INTEGER NOT NULL,
    client TEXT NOT NULL,
    number INTEGER NOT NULL,
    source TEXT NOT NULL,
    id TEXT NOT NULL,
    digest TEXT,
    PRIMARY KEY (client, number)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX journal_leaves_id ON journal_leaves (client, id);
CREATE INDEX journal_leaves_position ON journal_leaves (position);

CREATE TABLE journal_heads (
    client TEXT PRIMARY KEY NOT NULL,
    number INTEGER NOT NULL,
    tag TEXT NOT NULL
) STRICT;

CREATE TABLE journal_tree (
    id TEXT PRIMARY KEY NOT NULL,
    size INTEGER NOT NULL
) STRICT;

CREATE TRIGGER events_journal_insert AFTER INSERT ON events BEGIN
    INSERT INTO journal_new (client, source, id) VALUES (NEW.client, 'events', NEW.id);
END;

-- No event of a record comes before the one that it follows, whatever the clocks said.
INSERT INTO journal_new (client, source, id)
SELECT client, 'events', id FROM (
    SELECT client, id, sequence,
        max(created_at) OVER (PARTITION BY client, resource, record ORDER BY sequence) AS moment
    FROM events
) AS waiting ORDER BY moment, sequence, id;
