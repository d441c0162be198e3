//! The lifecycle of an instance: serving, draining, closing.

use tokio::sync::watch;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    /// Requests are welcome.
    #[default]
    Serving,
    /// Requests are answered, but a balancer should send them elsewhere.
    Draining,
    /// The port is closed; requests under way are answered.
    Closing,
}

/// The current phase, shared by all clones.
#[derive(Clone, Debug, Default)]
pub struct Lifecycle(watch::Sender<Phase>);

impl Lifecycle {
    /// Whether the instance was told to stop; readiness checks report it to balancers.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        *self.0.borrow() != Phase::Serving
    }

    /// Closes the instance: [`super::run`] returns.
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
