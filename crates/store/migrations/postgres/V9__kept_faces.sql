-- Whether the picture of a face was kept with its validation.

ALTER TABLE biometric_validations ADD COLUMN image_saved boolean;
