-- secret_hash is the SHA-256 of what the client holds; previous_hash and rotated_date serve the
-- refresh tokens of the API.
CREATE TABLE sessions (
    id BINARY(16) NOT NULL,
    user_id BIGINT UNSIGNED NOT NULL,
    kind VARCHAR(8) NOT NULL,
    secret_hash BINARY(32) NOT NULL,
    previous_hash BINARY(32) NULL,
    rotated_date DATETIME(6) NULL,
    created_date DATETIME(6) NOT NULL,
    seen_date DATETIME(6) NOT NULL,
    expires_date DATETIME(6) NOT NULL,
    user_agent VARCHAR(200) NOT NULL,
    PRIMARY KEY (id),
    KEY sessions_expiry (user_id, expires_date),
    CONSTRAINT sessions_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
