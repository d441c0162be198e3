-- Makes what is searched for and the tags of to-dos that a version of before has written; never run yet.
INSERT IGNORE INTO jobs (name, run_date) VALUES ('reindex', '1970-01-01 00:00:00');
