-- utf8mb4_bin throughout, so that MySQL and MariaDB compare alike; usernames are stored folded.
-- rev counts the changes of this user's to-dos; open_count and todo_count are kept by the statement
-- that raises it. purged_rev is the last revision whose tombstones were deleted.
CREATE TABLE users (
    id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
    public_id BINARY(16) NOT NULL,
    firstname VARCHAR(50) NOT NULL,
    lastname VARCHAR(50) NOT NULL,
    username VARCHAR(100) NOT NULL,
    password VARCHAR(200) NOT NULL,
    rev BIGINT UNSIGNED NOT NULL DEFAULT 0,
    purged_rev BIGINT UNSIGNED NOT NULL DEFAULT 0,
    open_count INT NOT NULL DEFAULT 0,
    todo_count INT NOT NULL DEFAULT 0,
    created_date DATETIME(6) NOT NULL,
    PRIMARY KEY (id),
    UNIQUE KEY users_public_id (public_id),
    UNIQUE KEY users_username (username)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
