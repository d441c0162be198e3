-- Calls that were named by their clients and done, so that a repetition is known. fingerprint begins the
-- SHA-256 of what was asked for; did_change says that the call changed its to-do. calls_age serves the purge.
CREATE TABLE calls (
    user_id BIGINT UNSIGNED NOT NULL,
    id BINARY(16) NOT NULL,
    todo_id BINARY(16) NOT NULL,
    fingerprint BINARY(8) NOT NULL,
    did_change BOOLEAN NOT NULL,
    created_date DATETIME(6) NOT NULL,
    PRIMARY KEY (user_id, id),
    KEY calls_age (user_id, created_date, id),
    CONSTRAINT calls_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
