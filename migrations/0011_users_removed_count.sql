-- Tombstones of this user, kept by the statement that raises rev, so that removing need not count them.
-- Those of before are not in it: the purge sets it right for each user whom it purges, so for all within the
-- month that a tombstone lives.
ALTER TABLE users ADD COLUMN removed_count INT NOT NULL DEFAULT 0;
