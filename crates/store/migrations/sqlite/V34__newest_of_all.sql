-- The newest events for whoever sees those of all clients, and the queue of cases in the order in which it is
-- read: what is urgent first, of that the oldest.

CREATE INDEX events_created ON events (created_at, id);

DROP INDEX reviews_client_status;
DROP INDEX reviews_status;
CREATE INDEX reviews_client_status ON reviews (client, status, priority DESC, created_at, id);
CREATE INDEX reviews_status ON reviews (status, priority DESC, created_at, id);
