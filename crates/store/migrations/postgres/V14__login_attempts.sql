-- Failed logins, counted under a digest of whom they were for or where they came from, and until when
-- no more are taken.

CREATE TABLE login_attempts (
    client text COLLATE "C" NOT NULL,
    id text COLLATE "C" NOT NULL,
    failed bigint NOT NULL,
    tried_at bigint NOT NULL,
    locked_until bigint NOT NULL,
    PRIMARY KEY (client, id)
);

CREATE INDEX login_attempts_tried ON login_attempts (tried_at);

-- Digests of the images that a client has accepted: none is accepted twice.

CREATE TABLE accepted_images (
    client text COLLATE "C" NOT NULL,
    digest text COLLATE "C" NOT NULL,
    accepted_at bigint NOT NULL,
    PRIMARY KEY (client, digest)
);

CREATE INDEX accepted_images_accepted ON accepted_images (accepted_at);

-- Images of a session that could not be measured, and face checks of a registration that were begun and
-- not passed.

ALTER TABLE liveness_sessions ADD COLUMN unmeasured_images bigint NOT NULL DEFAULT 0;
ALTER TABLE app_registrations ADD COLUMN failed_attempts bigint NOT NULL DEFAULT 0;
UPDATE app_registrations SET failed_attempts = json_array_length(failed_biometric_validations::json)
WHERE json_typeof(failed_biometric_validations::json) = 'array';
