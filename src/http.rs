//! HTTP helpers that pages, API and assets share: conditional requests, encodings, origins, the error boundary. May import
//! no other layer.

pub mod conditional;
pub mod encoding;
pub mod error_boundary;
pub mod gzip;
pub mod origin;
