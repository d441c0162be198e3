//! How much of an answer is wanted.

/// Stands beside a request that wants only the head of its answer: what would follow need be neither read
/// nor written. The router makes a GET of each HEAD, so that nothing else tells.
#[derive(Clone, Copy, Debug)]
pub struct HeadOnly;
