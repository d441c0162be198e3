-- Makes the successor of each refresh token of the session; NULL for the sessions of browsers, which
-- have none.
ALTER TABLE sessions ADD COLUMN successor_key BINARY(32) NULL;
