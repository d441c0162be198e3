-- Work that one instance does for all: whoever moves run_date forward does it.
CREATE TABLE jobs (
    name VARCHAR(50) NOT NULL,
    run_date DATETIME(6) NOT NULL,
    PRIMARY KEY (name)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
