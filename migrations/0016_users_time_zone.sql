-- The IANA name of the time zone that says what "today" is for this user; NULL until it is known, which is UTC.
ALTER TABLE users ADD COLUMN time_zone VARCHAR(64) NULL, ALGORITHM = INSTANT;
