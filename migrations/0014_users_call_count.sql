-- Calls remembered of this user, kept by the statements that add and delete them, so that a limit on them
-- need not count.
ALTER TABLE users ADD COLUMN call_count INT NOT NULL DEFAULT 0, ALGORITHM = INSTANT;
