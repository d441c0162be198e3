//! Types that parse themselves and the rules between them. Nothing here performs I/O or reads the
//! clock by itself; everything else may import this layer, and it imports none of the others.

pub mod clock;
pub mod error;
pub mod session;
pub mod todo;
pub mod user;
