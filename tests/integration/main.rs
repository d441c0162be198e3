//! Everything that needs a real database, in one binary.
