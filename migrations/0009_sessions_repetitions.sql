-- What makes a repetition within a minute known: call_hash is the SHA-256 of the id that a client gave
-- to its login, password_date is when the session last changed the password.
ALTER TABLE sessions ADD COLUMN call_hash BINARY(32) NULL, ADD COLUMN password_date DATETIME(6) NULL;
