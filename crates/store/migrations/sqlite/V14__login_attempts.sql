-- Failed logins, counted under a digest of whom they were for or where they came from, and until when
-- no more are taken.

CREATE TABLE login_attempts (
    client TEXT NOT NULL,
    id TEXT NOT NULL,
    failed INTEGER NOT NULL,
    tried_at INTEGER NOT NULL,
    locked_until INTEGER NOT NULL,
    PRIMARY KEY (client, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX login_attempts_tried ON login_attempts (tried_at);

-- Digests of the images that a client has accepted: none is accepted twice.

CREATE TABLE accepted_images (
    client TEXT NOT NULL,
    digest TEXT NOT NULL,
    accepted_at INTEGER NOT NULL,
    PRIMARY KEY (client, digest)
) STRICT, WITHOUT ROWID;

CREATE INDEX accepted_images_accepted ON accepted_images (accepted_at);

-- Images of a session that could not be measured, and face checks of a registration that were begun and
-- not passed.

ALTER TABLE liveness_sessions ADD COLUMN unmeasured_images INTEGER NOT NULL DEFAULT 0;
ALTER TABLE app_registrations ADD COLUMN failed_attempts INTEGER NOT NULL DEFAULT 0;
UPDATE app_registrations SET failed_attempts = json_array_length(failed_biometric_validations)
WHERE json_valid(failed_biometric_validations);
