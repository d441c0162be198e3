//! HEAD requests.

/// Marks a HEAD request: the body of its response need be neither read nor rendered. The router turns each
/// HEAD into a GET, so that handlers cannot tell otherwise.
#[derive(Clone, Copy, Debug)]
pub struct HeadOnly;
