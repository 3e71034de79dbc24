-- Which checks a record failed, as a bit mask: NULL where none was made. The bits are those of
-- `domain/src/failed_checks.rs`.

ALTER TABLE biometric_validations ADD COLUMN failed_checks INTEGER;
ALTER TABLE document_liveness ADD COLUMN failed_checks INTEGER;
ALTER TABLE document_validations ADD COLUMN failed_checks INTEGER;

UPDATE biometric_validations SET failed_checks = (
    SELECT sum(CASE state WHEN 'failed' THEN bit ELSE 0 END) FROM (
        SELECT json_extract(verification_results, '$.livenessDetection') AS state, 1 AS bit
        UNION ALL SELECT json_extract(verification_results, '$.identityMatch'), 2
        UNION ALL SELECT json_extract(verification_results, '$.antiSpoofing'), 4
        UNION ALL SELECT CASE json_extract(biometric_data, '$.quality') WHEN 'poor' THEN 'failed' WHEN 'acceptable' THEN 'passed' WHEN 'good' THEN 'passed' END, 8
    ) AS checks WHERE state IN ('passed', 'failed')
) WHERE verification_results IS NOT NULL OR biometric_data IS NOT NULL;
UPDATE document_liveness SET failed_checks = (
    SELECT sum(CASE state WHEN 'failed' THEN bit ELSE 0 END) FROM (
        SELECT json_extract(validation_flags, '$.documentCroppedValidation') AS state, 1 AS bit
        UNION ALL SELECT json_extract(validation_flags, '$.colourLessValidation'), 2
        UNION ALL SELECT CASE json_extract(validation_results, '$.screenReplay.passed') WHEN 1 THEN 'passed' WHEN 0 THEN 'failed' END, 4
        UNION ALL SELECT CASE json_extract(validation_results, '$.printedCopy.passed') WHEN 1 THEN 'passed' WHEN 0 THEN 'failed' END, 8
        UNION ALL SELECT CASE json_extract(validation_results, '$.portraitSubstitution.passed') WHEN 1 THEN 'passed' WHEN 0 THEN 'failed' END, 16
        UNION ALL SELECT CASE json_extract(validation_results, '$.digitalManipulation.passed') WHEN 1 THEN 'passed' WHEN 0 THEN 'failed' END, 32
    ) AS checks WHERE state IN ('passed', 'failed')
) WHERE validation_results IS NOT NULL OR validation_flags IS NOT NULL;
UPDATE document_validations SET failed_checks = (
    SELECT sum(CASE state WHEN 'failed' THEN bit ELSE 0 END) FROM (
        SELECT json_extract(validation_results, '$.screenReplay.result') AS state, 1 AS bit
        UNION ALL SELECT json_extract(validation_results, '$.printedCopy.result'), 2
        UNION ALL SELECT json_extract(validation_results, '$.portraitSubstitution.result'), 4
        UNION ALL SELECT json_extract(validation_results, '$.digitalManipulation.result'), 8
        UNION ALL SELECT json_extract(validation_results, '$.checkDigits.result'), 16
        UNION ALL SELECT json_extract(validation_results, '$.nationalNumber.result'), 32
        UNION ALL SELECT json_extract(validation_results, '$.documentNumberAgrees.result'), 64
        UNION ALL SELECT json_extract(validation_results, '$.namesAgree.result'), 128
        UNION ALL SELECT json_extract(validation_results, '$.birthDateAgrees.result'), 256
        UNION ALL SELECT json_extract(validation_results, '$.expirationDateAgrees.result'), 512
        UNION ALL SELECT json_extract(validation_results, '$.sexAgrees.result'), 1024
        UNION ALL SELECT json_extract(validation_results, '$.countryAgrees.result'), 2048
        UNION ALL SELECT json_extract(validation_results, '$.datesArePossible.result'), 4096
        UNION ALL SELECT json_extract(validation_results, '$.notExpired.result'), 8192
        UNION ALL SELECT json_extract(validation_results, '$.minimumAge.result'), 16384
        UNION ALL SELECT json_extract(validation_results, '$.documentTypeAllowed.result'), 32768
        UNION ALL SELECT json_extract(validation_results, '$.countryAllowed.result'), 65536
        UNION ALL SELECT json_extract(validation_results, '$.namesMatch.result'), 131072
        UNION ALL SELECT json_extract(validation_results, '$.birthDateMatches.result'), 262144
        UNION ALL SELECT json_extract(validation_results, '$.documentNumberMatches.result'), 524288
        UNION ALL SELECT json_extract(validation_results, '$.portraitMatchesFace.result'), 1048576
        UNION ALL SELECT json_extract(validation_results, '$.ghostPortraitMatches.result'), 2097152
        UNION ALL SELECT json_extract(validation_results, '$.numberOfOnePerson.result'), 4194304
    ) AS checks WHERE state IN ('passed', 'failed')
) WHERE validation_results IS NOT NULL;

CREATE INDEX biometric_validations_client_failed ON biometric_validations (client, created_at, id) WHERE failed_checks <> 0;
CREATE INDEX document_liveness_client_failed ON document_liveness (client, created_at, id) WHERE failed_checks <> 0;
CREATE INDEX document_validations_client_failed ON document_validations (client, created_at, id) WHERE failed_checks <> 0;

-- Lists of records that belong to registrations are filtered by the address of the registration.

CREATE INDEX app_registrations_email_client ON app_registrations (email_folded, client);
