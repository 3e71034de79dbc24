-- While a table has not been analyzed, PostgreSQL finds all its indexes equally cheap, and takes the newest
-- that fits. That has to be the key: with an index that has the client and something else in front of the id,
-- each look at one record reads all records of its client.
ALTER TABLE events DROP CONSTRAINT events_pkey, ADD PRIMARY KEY (client, id);
ALTER TABLE webhooks DROP CONSTRAINT webhooks_pkey, ADD PRIMARY KEY (client, id);
ALTER TABLE webhook_events DROP CONSTRAINT webhook_events_pkey, ADD PRIMARY KEY (client, id);
ALTER TABLE email_validations DROP CONSTRAINT email_validations_pkey, ADD PRIMARY KEY (client, id);
ALTER TABLE phone_validations DROP CONSTRAINT phone_validations_pkey, ADD PRIMARY KEY (client, id);

-- An event has one number because it leaves the queue when it gets that; nothing looks for a number by its event.
DROP INDEX journal_leaves_id;
