-- Which checks a record failed, as a bit mask: NULL where none was made. The bits are those of
-- `domain/src/failed_checks.rs`.

ALTER TABLE biometric_validations ADD COLUMN failed_checks bigint;
ALTER TABLE document_liveness ADD COLUMN failed_checks bigint;
ALTER TABLE document_validations ADD COLUMN failed_checks bigint;

UPDATE biometric_validations SET failed_checks = (
    SELECT sum(CASE state WHEN 'failed' THEN bit ELSE 0 END)::bigint FROM (
        SELECT verification_results::json #>> '{livenessDetection}' AS state, 1 AS bit
        UNION ALL SELECT verification_results::json #>> '{identityMatch}', 2
        UNION ALL SELECT verification_results::json #>> '{antiSpoofing}', 4
        UNION ALL SELECT CASE biometric_data::json #>> '{quality}' WHEN 'poor' THEN 'failed' WHEN 'acceptable' THEN 'passed' WHEN 'good' THEN 'passed' END, 8
    ) AS checks WHERE state IN ('passed', 'failed')
) WHERE verification_results IS NOT NULL OR biometric_data IS NOT NULL;
UPDATE document_liveness SET failed_checks = (
    SELECT sum(CASE state WHEN 'failed' THEN bit ELSE 0 END)::bigint FROM (
        SELECT validation_flags::json #>> '{documentCroppedValidation}' AS state, 1 AS bit
        UNION ALL SELECT validation_flags::json #>> '{colourLessValidation}', 2
        UNION ALL SELECT CASE validation_results::json #>> '{screenReplay,passed}' WHEN 'true' THEN 'passed' WHEN 'false' THEN 'failed' END, 4
        UNION ALL SELECT CASE validation_results::json #>> '{printedCopy,passed}' WHEN 'true' THEN 'passed' WHEN 'false' THEN 'failed' END, 8
        UNION ALL SELECT CASE validation_results::json #>> '{portraitSubstitution,passed}' WHEN 'true' THEN 'passed' WHEN 'false' THEN 'failed' END, 16
        UNION ALL SELECT CASE validation_results::json #>> '{digitalManipulation,passed}' WHEN 'true' THEN 'passed' WHEN 'false' THEN 'failed' END, 32
    ) AS checks WHERE state IN ('passed', 'failed')
) WHERE validation_results IS NOT NULL OR validation_flags IS NOT NULL;
UPDATE document_validations SET failed_checks = (
    SELECT sum(CASE state WHEN 'failed' THEN bit ELSE 0 END)::bigint FROM (
        SELECT validation_results::json #>> '{screenReplay,result}' AS state, 1 AS bit
        UNION ALL SELECT validation_results::json #>> '{printedCopy,result}', 2
        UNION ALL SELECT validation_results::json #>> '{portraitSubstitution,result}', 4
        UNION ALL SELECT validation_results::json #>> '{digitalManipulation,result}', 8
        UNION ALL SELECT validation_results::json #>> '{checkDigits,result}', 16
        UNION ALL SELECT validation_results::json #>> '{nationalNumber,result}', 32
        UNION ALL SELECT validation_results::json #>> '{documentNumberAgrees,result}', 64
        UNION ALL SELECT validation_results::json #>> '{namesAgree,result}', 128
        UNION ALL SELECT validation_results::json #>> '{birthDateAgrees,result}', 256
        UNION ALL SELECT validation_results::json #>> '{expirationDateAgrees,result}', 512
        UNION ALL SELECT validation_results::json #>> '{sexAgrees,result}', 1024
        UNION ALL SELECT validation_results::json #>> '{countryAgrees,result}', 2048
        UNION ALL SELECT validation_results::json #>> '{datesArePossible,result}', 4096
        UNION ALL SELECT validation_results::json #>> '{notExpired,result}', 8192
        UNION ALL SELECT validation_results::json #>> '{minimumAge,result}', 16384
        UNION ALL SELECT validation_results::json #>> '{documentTypeAllowed,result}', 32768
        UNION ALL SELECT validation_results::json #>> '{countryAllowed,result}', 65536
        UNION ALL SELECT validation_results::json #>> '{namesMatch,result}', 131072
        UNION ALL SELECT validation_results::json #>> '{birthDateMatches,result}', 262144
        UNION ALL SELECT validation_results::json #>> '{documentNumberMatches,result}', 524288
        UNION ALL SELECT validation_results::json #>> '{portraitMatchesFace,result}', 1048576
        UNION ALL SELECT validation_results::json #>> '{ghostPortraitMatches,result}', 2097152
        UNION ALL SELECT validation_results::json #>> '{numberOfOnePerson,result}', 4194304
    ) AS checks WHERE state IN ('passed', 'failed')
) WHERE validation_results IS NOT NULL;

CREATE INDEX biometric_validations_client_failed ON biometric_validations (client, created_at, id) WHERE failed_checks <> 0;
CREATE INDEX document_liveness_client_failed ON document_liveness (client, created_at, id) WHERE failed_checks <> 0;
CREATE INDEX document_validations_client_failed ON document_validations (client, created_at, id) WHERE failed_checks <> 0;

-- Lists of records that belong to registrations are filtered by the address of the registration.

CREATE INDEX app_registrations_email_client ON app_registrations (email_folded, client);
