-- How often something was tried within the hour that began with its first try. The key is a SHA-256:
-- neither an address nor what a stranger typed as a username, which may be a password, is kept.
CREATE TABLE rate_limits (
    bucket BINARY(32) NOT NULL,
    hits INT UNSIGNED NOT NULL,
    ends_date DATETIME(6) NOT NULL,
    PRIMARY KEY (bucket),
    KEY rate_limits_ends (ends_date)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
