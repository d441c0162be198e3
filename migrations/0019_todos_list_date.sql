-- What the list is ordered by, also for to-dos that were never moved or were written by a version that moves none; and
-- the minute of the day, after the last of which come those that are due without a time. Virtual, so that no row is
-- rewritten; alone, since MariaDB (10.11) adds virtual columns in no other way.
ALTER TABLE todos
    ADD COLUMN list_date DATETIME(6) AS (IFNULL(moved_date, created_date)) VIRTUAL,
    ADD COLUMN due_minute SMALLINT UNSIGNED AS (IFNULL(TIME_TO_SEC(due_time) DIV 60, 1440)) VIRTUAL,
    ALGORITHM = INSTANT;
