-- The primary key begins with user_id, so that a user's to-dos lie on adjacent pages and a cluster
-- can shard by user. todos_list is the order of the list (open before done, newest first) behind
-- removed_date, so that a page reads no removed rows; todos_rev serves delta sync.
CREATE TABLE todos (
    user_id BIGINT UNSIGNED NOT NULL,
    id BINARY(16) NOT NULL,
    description VARCHAR(200) NOT NULL,
    isdone BOOLEAN NOT NULL DEFAULT FALSE,
    created_date DATETIME(6) NOT NULL,
    done_date DATETIME(6) NULL,
    removed_date DATETIME(6) NULL,
    rev BIGINT UNSIGNED NOT NULL,
    PRIMARY KEY (user_id, id),
    KEY todos_list (user_id, removed_date, isdone, created_date DESC, id DESC),
    KEY todos_rev (user_id, rev),
    CONSTRAINT todos_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
