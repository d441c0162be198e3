//! Compression with gzip, for responses that are not compressed at build time.

use std::cell::RefCell;

use flate2::{Compress, Compression, FlushCompress, Status};

thread_local! {
    /// Reused: it has a third of a megabyte, which each response would allocate and free.
    static DEFLATE: RefCell<Compress> = RefCell::new(Compress::new_gzip(LEVEL, WINDOW_BITS));
}

/// The fastest level: the next ones make a page a sixth smaller for twice the time.
const LEVEL: Compression = Compression::fast();
/// A window of 32 KiB, the maximum of gzip.
const WINDOW_BITS: u8 = 15;

/// More than the header and the trailer of gzip.
const GZIP_OVERHEAD: usize = 64;

/// Unused capacity that is worth releasing.
const SPARE: usize = 16 * 1024;

/// The bytes, compressed.
///
/// # Panics
/// Never: whatever is in memory can be compressed.
#[must_use]
pub fn gzip(body: &[u8]) -> Vec<u8> {
    DEFLATE.with_borrow_mut(|deflate| {
        deflate.reset();
        let room = body.len() / 4 + GZIP_OVERHEAD;
        let mut packed = Vec::with_capacity(room);
        let mut rest = body;
        loop {
            let before = deflate.total_in();
            let done = deflate.compress_vec(rest, &mut packed, FlushCompress::Finish);
            if done.expect("no flush comes before") == Status::StreamEnd {
                if packed.capacity() - packed.len() > SPARE {
                    packed.shrink_to_fit();
                }
                return packed;
            }
            let taken = deflate.total_in() - before;
            rest = &rest[usize::try_from(taken).expect("of what is in memory")..];
            packed.reserve(room);
        }
    })
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use flate2::read::GzDecoder;
    use proptest::prelude::*;

    use super::*;

    fn unpacked(packed: &[u8]) -> Vec<u8> {
        let mut found = Vec::new();
        GzDecoder::new(packed)
            .read_to_end(&mut found)
            .expect("gzip");
        found
    }

    #[test]
    fn the_smallest_bodies_can_be_compressed_too() {
        for length in 0..5 {
            let body = vec![b'a'; length];
            assert_eq!(unpacked(&gzip(&body)), body);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            failure_persistence: None,
            ..ProptestConfig::default()
        })]

        #[test]
        fn compressed_bodies_decompress_to_the_original(
            bodies in proptest::collection::vec(
                prop_oneof![
                    proptest::collection::vec(any::<u8>(), 0..20_000),
                    "[a-c ]{0,3000}".prop_map(String::into_bytes),
                ],
                1..4,
            ),
        ) {
            for body in bodies {
                prop_assert_eq!(unpacked(&gzip(&body)), body);
            }
        }
    }
}
