-- Tries that are counted until it is known how they end. in_flight lapses at in_flight_ends_date, so that
-- what a stalled or killed instance never settled locks nobody out; since in_flight_date there has been
-- one all the time, which tells a late settlement that its try has lapsed and is none of these.
ALTER TABLE rate_limits
    ADD COLUMN in_flight INT UNSIGNED NOT NULL DEFAULT 0,
    ADD COLUMN in_flight_date DATETIME(6) NOT NULL DEFAULT '1970-01-01 00:00:00',
    ADD COLUMN in_flight_ends_date DATETIME(6) NOT NULL DEFAULT '1970-01-01 00:00:00';
