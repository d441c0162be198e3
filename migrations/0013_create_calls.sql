-- Calls that were named by their clients and answered, so that a repetition is known. fingerprint begins the
-- SHA-256 of what was asked for; outcome is 1 for a call that changed its to-do, 0 for one that found it so, 2 for one
-- that was refused. calls_age serves the purge.
CREATE TABLE calls (
    user_id BIGINT UNSIGNED NOT NULL,
    id BINARY(16) NOT NULL,
    todo_id BINARY(16) NOT NULL,
    fingerprint BINARY(8) NOT NULL,
    outcome TINYINT UNSIGNED NOT NULL,
    created_date DATETIME(6) NOT NULL,
    PRIMARY KEY (user_id, id),
    KEY calls_age (user_id, created_date, id),
    CONSTRAINT calls_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
