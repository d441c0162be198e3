//! How far an instance is on its way from its start to its end.

use tokio::sync::watch;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    /// Requests are wanted.
    #[default]
    Serving,
    /// Requests are answered, but a balancer should send them elsewhere.
    Draining,
    /// The port is closed; what is under way is answered.
    Closing,
}

/// Tells everybody who holds a clone how far the instance is.
#[derive(Clone, Debug, Default)]
pub struct Lifecycle(watch::Sender<Phase>);

impl Lifecycle {
    /// Whether the instance was told to stop; a balancer asks before it sends anything.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        *self.0.borrow() != Phase::Serving
    }

    /// Ends the instance: [`super::run`] comes to its end.
    pub fn close(&self) {
        self.enter(Phase::Closing);
    }

    pub(super) fn enter(&self, phase: Phase) {
        self.0.send_replace(phase);
    }

    pub(super) async fn reached(&self, phase: Phase) {
        let mut phases = self.0.subscribe();
        // Fails only without a sender, and this one has one.
        phases.wait_for(|now| *now >= phase).await.ok();
    }
}
