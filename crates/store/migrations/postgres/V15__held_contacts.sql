-- The registration that holds an address or a number: no other of its project is completed with it.
-- How many pictures its device has kept. Which login a check is the second factor of. Which passed checks were exchanged for a token.

ALTER TABLE app_registrations ADD COLUMN held_email text COLLATE "C";
ALTER TABLE app_registrations ADD COLUMN held_phone text COLLATE "C";
ALTER TABLE app_registrations ADD COLUMN saved_images bigint NOT NULL DEFAULT 0;
ALTER TABLE biometric_validations ADD COLUMN second_factor_of TEXT;
ALTER TABLE app_logins ADD COLUMN exchanged_at bigint;
ALTER TABLE biometric_validations ADD COLUMN exchanged_at bigint;

-- Of those that are completed with one contact the oldest holds it.

UPDATE app_registrations SET held_email = oldest.contact FROM (
    SELECT id, contact, row_number() OVER (PARTITION BY client, project, contact ORDER BY created_at, id) AS nth FROM (
        SELECT id, client, project, created_at, NULLIF(email_folded, '') AS contact FROM app_registrations
        WHERE status IN ('COMPLETED', 'completed', 'COMPLETED_WITHOUT_KYC')
    ) AS over_with
) AS oldest WHERE oldest.id = app_registrations.id AND oldest.nth = 1;
UPDATE app_registrations SET held_phone = oldest.contact FROM (
    SELECT id, contact, row_number() OVER (PARTITION BY client, project, contact ORDER BY created_at, id) AS nth FROM (
        SELECT id, client, project, created_at,
            CASE WHEN replace(replace(replace(replace(replace(replace(replace(NULLIF(phone, ''), '(0)', ''), ' ', ''), '-', ''), '.', ''), '/', ''), '(', ''), ')', '') LIKE '+%' THEN substr(replace(replace(replace(replace(replace(replace(replace(NULLIF(phone, ''), '(0)', ''), ' ', ''), '-', ''), '.', ''), '/', ''), '(', ''), ')', ''), 2)
            WHEN replace(replace(replace(replace(replace(replace(replace(NULLIF(phone, ''), '(0)', ''), ' ', ''), '-', ''), '.', ''), '/', ''), '(', ''), ')', '') LIKE '00%' THEN substr(replace(replace(replace(replace(replace(replace(replace(NULLIF(phone, ''), '(0)', ''), ' ', ''), '-', ''), '.', ''), '/', ''), '(', ''), ')', ''), 3)
            ELSE ltrim(replace(replace(NULLIF(country_code, ''), '+', ''), ' ', ''), '0') || ltrim(replace(replace(replace(replace(replace(replace(replace(NULLIF(phone, ''), '(0)', ''), ' ', ''), '-', ''), '.', ''), '/', ''), '(', ''), ')', ''), '0') END AS contact
        FROM app_registrations
        WHERE status IN ('COMPLETED', 'completed', 'COMPLETED_WITHOUT_KYC')
    ) AS over_with
) AS oldest WHERE oldest.id = app_registrations.id AND oldest.nth = 1;

CREATE UNIQUE INDEX app_registrations_held_email ON app_registrations (client, project, held_email) WHERE held_email IS NOT NULL;
CREATE UNIQUE INDEX app_registrations_held_phone ON app_registrations (client, project, held_phone) WHERE held_phone IS NOT NULL;
CREATE INDEX app_registrations_client_document ON app_registrations (client, document_validation) WHERE document_validation IS NOT NULL;
