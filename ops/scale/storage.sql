-- How many bytes a to-do, a user and a session take on disk, and how long altering a table takes.
-- Needs a database that ./ops/database or `tickbox migrate` has made, and drops nothing of it:
--   mysql --database=DATABASE --table < ops/scale/storage.sql      (MySQL 8.0 or newer; an empty database)
-- To-dos come as they really do, users in turn and ids growing with time, so that the pages of the
-- clustered index split; a table that is loaded in the order of its key is half as large.
SET SESSION cte_max_recursion_depth = 1000000, SESSION information_schema_stats_expiry = 0;
SET @now = UTC_TIMESTAMP(6), @users = 4000, @todos = 200000, @sessions = 20000;

INSERT INTO users (public_id, firstname, lastname, username, password, created_date)
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < @users)
SELECT RANDOM_BYTES(16), 'Ada', 'Lovelace', CONCAT('user', LPAD(i, 7, '0')),
       CONCAT('$argon2id$v=19$m=19456,t=2,p=1$', REPEAT('x', 22), '$', REPEAT('y', 43)), @now
FROM n;
SELECT MIN(id) INTO @first FROM users;

-- Every third has a due date, every tenth notes of 200 characters, every fifth a tag.
INSERT INTO todos (user_id, id, description, isdone, created_date, done_date, rev, notes, due_date, folded, indexed_rev)
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < @todos),
t AS (SELECT i, REPEAT('x', 3 + FLOOR(RAND(i) * 61)) AS description, IF(i % 10 = 0, REPEAT('y', 200), NULL) AS notes FROM n)
SELECT @first + FLOOR(RAND(i) * @users),
       CONCAT(UNHEX(LPAD(HEX(1750000000000 + i * 1000), 12, '0')), RANDOM_BYTES(10)),
       description, i % 5 > 1, @now + INTERVAL i SECOND, IF(i % 5 > 1, @now, NULL), 1 + FLOOR(i / @users),
       notes, IF(i % 3 = 0, @now, NULL), CONCAT_WS('\n', description, notes), 1 + FLOOR(i / @users)
FROM t ORDER BY i;

INSERT INTO todo_tags (user_id, todo_id, tag, isdone, list_date, moved_fraction, due_date, due_minute, done_date)
SELECT user_id, id, 'home', isdone, list_date, moved_fraction, due_date, due_minute, done_date FROM todos
WHERE SECOND(created_date) % 5 = 0;

INSERT INTO sessions (id, user_id, kind, secret_hash, previous_hash, created_date, seen_date, expires_date, user_agent, successor_key)
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < @sessions)
SELECT RANDOM_BYTES(16), @first + FLOOR(RAND() * @users), IF(i % 2, 'api', 'browser'), RANDOM_BYTES(32), RANDOM_BYTES(32),
       @now, @now, @now, 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', RANDOM_BYTES(32)
FROM n;

SELECT SUBSTRING_INDEX(name, '/', -1) AS name, file_size,
       ROUND(file_size / CASE SUBSTRING_INDEX(name, '/', -1) WHEN 'todos' THEN @todos WHEN 'todo_tags' THEN (SELECT COUNT(*) FROM todo_tags) WHEN 'users' THEN @users ELSE @sessions END) AS bytes_a_row
FROM information_schema.innodb_tablespaces
WHERE name IN (CONCAT(DATABASE(), '/todos'), CONCAT(DATABASE(), '/todo_tags'), CONCAT(DATABASE(), '/users'), CONCAT(DATABASE(), '/sessions'));

SET @began = SYSDATE(6);
ALTER TABLE todos ADD COLUMN scratch VARCHAR(10) NULL, ALGORITHM = INSTANT;
SELECT TIMESTAMPDIFF(MICROSECOND, @began, SYSDATE(6)) / 1e6 AS add_column_instant_seconds;
ALTER TABLE todos DROP COLUMN scratch, ALGORITHM = INSTANT;
SET @began = SYSDATE(6);
ALTER TABLE todos FORCE, ALGORITHM = INPLACE, LOCK = NONE;
SELECT TIMESTAMPDIFF(MICROSECOND, @began, SYSDATE(6)) / 1e6 AS rebuild_seconds;
SELECT ROUND(file_size / @todos) AS bytes_a_todo_rebuilt FROM information_schema.innodb_tablespaces WHERE name = CONCAT(DATABASE(), '/todos');
