-- A sandbox is a client of its own, beside the live client that it belongs to.

ALTER TABLE clients ADD COLUMN sandbox_of TEXT;
CREATE UNIQUE INDEX clients_sandbox_of ON clients (sandbox_of) WHERE sandbox_of IS NOT NULL;

-- Until when renewals of a token may last, and which token was the first of them.

ALTER TABLE tokens ADD COLUMN renewable_until INTEGER;
ALTER TABLE tokens ADD COLUMN renewal_of TEXT;
CREATE INDEX tokens_renewal_of ON tokens (renewal_of, created_at, id) WHERE renewal_of IS NOT NULL;

-- Document checks that the device of a registration has begun.

ALTER TABLE app_registrations ADD COLUMN document_checks INTEGER NOT NULL DEFAULT 0;
