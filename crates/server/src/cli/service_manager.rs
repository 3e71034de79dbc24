//! What systemd is told, where it has started the process (`Type=notify`).

use sd_notify::NotifyState;

/// Requests are answered from now on, or jobs are done.
pub fn ready() {
    tell(NotifyState::Ready);
}

/// The process was asked to end; what is at work may finish.
pub fn stopping() {
    tell(NotifyState::Stopping);
}

fn tell(state: NotifyState<'_>) {
    // Nobody is told where nobody listens.
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::warn!(%error, "the service manager could not be told");
    }
}
