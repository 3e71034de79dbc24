-- The newest events for whoever sees those of all clients. The queue of cases is read from the indexes that are
-- there: PostgreSQL reads them backwards and sorts within each priority.

CREATE INDEX events_created ON events (created_at, id);
