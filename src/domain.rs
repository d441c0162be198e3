//! Types that parse themselves, the rules between them, error kinds, and the clock. No I/O besides the clock.
//! Every layer may import this one; it imports none.

pub mod client_ip;
pub mod clock;
pub mod digest;
pub mod error;
pub mod head;
pub mod media_type;
pub mod rate_limit;
pub mod rfc3339;
pub mod security_event;
pub mod session;
pub mod text;
pub mod todo;
pub mod user;

/// Maximum bytes of the body of a form or call. The longest valid ones have some 3 KiB, when every character of a
/// to-do is percent-encoded.
pub const INPUT_MAX: usize = 16 * 1024;

/// Maximum bytes of a body with notes: 5,000 characters, each of which is escaped as a pair of surrogates or
/// percent-encoded, which is twelve bytes.
pub const NOTES_INPUT_MAX: usize = 64 * 1024;

/// Maximum bytes of the body of a batch: a hundred calls with texts of 200 characters, each of which is escaped as
/// a pair of surrogates, which is twelve bytes.
pub const BATCH_INPUT_MAX: usize = 288 * 1024;
