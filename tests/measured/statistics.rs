//! Medians and the like.

use std::time::Duration;

/// The time that this share of all does not exceed; 0.5 is the median.
pub(crate) fn quantile(times: &[Duration], share: f64) -> Duration {
    let mut sorted = times.to_vec();
    sorted.sort();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a place in a list of some thousand"
    )]
    let place = ((sorted.len() - 1) as f64 * share).round() as usize;
    sorted[place]
}
