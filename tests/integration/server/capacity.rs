//! More connections than there are places for.

use std::time::Duration;

use tickbox::server::Limits;

use super::{ASK, Wire, listen, ready, statuses};

#[tokio::test]
async fn beyond_the_last_place_a_connection_waits_and_is_answered_when_one_ends() {
    let limits = Limits {
        connections: 2,
        ..Limits::default()
    };
    let (address, _) = listen(ready(), limits).await;
    let mut places = [Wire::to(&address).await, Wire::to(&address).await];
    for wire in &mut places {
        wire.send(ASK).await.expect("sent");
        assert_eq!(statuses(&wire.answer().await), ["200"]);
    }
    let mut waiting = Wire::to(&address).await;
    waiting.send(ASK).await.expect("sent");
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(waiting.is_open().await, "it was answered beyond the limit");
    drop(places);
    assert_eq!(statuses(&waiting.answer().await), ["200"]);
}
