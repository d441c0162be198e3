//! Compression with gzip, for responses that are not compressed at build time.

use std::cell::RefCell;

use flate2::{Compress, Compression, Crc, FlushCompress, Status};

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

/// Two texts that are compressed once, for responses that differ only in what stands between them.
pub struct GzipFrame {
    before: Deflated,
    after: Deflated,
}

/// A piece of a gzip stream, which ends at a byte, and its checksum.
struct Deflated {
    bytes: Vec<u8>,
    checksum: Crc,
}

/// A header without name or date, of no particular system.
const GZIP_HEADER: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];

impl GzipFrame {
    /// Compresses both texts.
    #[must_use]
    pub fn new(before: &[u8], after: &[u8]) -> Self {
        Self {
            before: Deflated::new(before, FlushCompress::Full),
            after: Deflated::new(after, FlushCompress::Finish),
        }
    }

    /// The texts with another one between them, which is not compressed.
    #[must_use]
    pub fn around(&self, text: &[u8]) -> Vec<u8> {
        let Self { before, after } = self;
        let room = before.bytes.len() + text.len() + after.bytes.len() + GZIP_OVERHEAD;
        let mut packed = Vec::with_capacity(room);
        packed.extend(GZIP_HEADER);
        packed.extend(&before.bytes);
        for block in text.chunks(usize::from(u16::MAX)) {
            // A stored block (RFC 1951, 3.2.4).
            let length = u16::try_from(block.len()).unwrap_or(u16::MAX);
            packed.push(0);
            packed.extend(length.to_le_bytes());
            packed.extend((!length).to_le_bytes());
            packed.extend(block);
        }
        packed.extend(&after.bytes);
        let mut checksum = Crc::new();
        checksum.combine(&before.checksum);
        checksum.update(text);
        checksum.combine(&after.checksum);
        packed.extend(checksum.sum().to_le_bytes());
        packed.extend(checksum.amount().to_le_bytes());
        packed
    }
}

impl Deflated {
    fn new(text: &[u8], flush: FlushCompress) -> Self {
        let mut checksum = Crc::new();
        checksum.update(text);
        let mut deflate = Compress::new_with_window_bits(Compression::best(), false, WINDOW_BITS);
        // What cannot be compressed grows by five bytes in 16 KiB.
        let mut bytes = Vec::with_capacity(text.len() + text.len() / 1_000 + GZIP_OVERHEAD);
        let done = deflate.compress_vec(text, &mut bytes, flush);
        done.expect("there is room for all of it");
        bytes.shrink_to_fit();
        Self { bytes, checksum }
    }
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

    #[test]
    fn a_frame_decompresses_to_its_texts_with_another_between_them() {
        let long = "milk, ".repeat(50_000);
        let hard: Vec<_> = (0..60_000_u32)
            .map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[1])
            .collect();
        for (before, after) in [
            ("", ""),
            ("a", "b"),
            (long.as_str(), ""),
            ("", long.as_str()),
        ] {
            let frame = GzipFrame::new(before.as_bytes(), after.as_bytes());
            for text in ["", "https://todo.example.org", long.as_str()] {
                let expected = [before, text, after].concat();
                assert_eq!(
                    unpacked(&frame.around(text.as_bytes())),
                    expected.as_bytes()
                );
            }
        }
        let frame = GzipFrame::new(&hard, &hard);
        assert_eq!(unpacked(&frame.around(b"")), [hard.clone(), hard].concat());
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
