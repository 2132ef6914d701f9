//! The wish that the hub end, which every connection and stream hears.

use tokio::sync::watch;

/// Utters the wish; so does dropping it.
#[derive(Debug)]
pub struct StopSwitch(watch::Sender<bool>);

/// Hears the wish.
#[derive(Clone, Debug)]
pub struct Stop(watch::Receiver<bool>);

/// A switch and what hears it.
pub fn stop_switch() -> (StopSwitch, Stop) {
    let (sender, receiver) = watch::channel(false);
    (StopSwitch(sender), Stop(receiver))
}

impl StopSwitch {
    /// Asks everything to end. Asking again changes nothing.
    pub fn ask(&self) {
        self.0.send_replace(true);
    }
}

impl Stop {
    /// Ends when the wish is uttered.
    pub async fn asked(&mut self) {
        // An error means that the switch is gone: that is the same wish.
        let _ = self.0.wait_for(|asked| *asked).await;
    }
}
