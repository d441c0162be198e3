-- Deletes old tombstones and sessions once a day; never run yet.
INSERT IGNORE INTO jobs (name, run_date) VALUES ('purge', '1970-01-01 00:00:00');
