-- Where a to-do stands in the list if it was moved: as if it had been added then. moved_fraction, in 2^-64 of a
-- microsecond, tells apart those that were moved between two of neighbouring microseconds. A version that does not know
-- these columns leaves them as they are.
ALTER TABLE todos
    ADD COLUMN moved_date DATETIME(6) NULL,
    ADD COLUMN moved_fraction BIGINT UNSIGNED NOT NULL DEFAULT 0,
    ALGORITHM = INSTANT;
