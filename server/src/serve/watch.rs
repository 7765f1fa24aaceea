//! Certificates change without a restart: on SIGHUP, and when a file's time changes.

use std::fs;
use std::io;
use std::time::{Duration, SystemTime};

use axum_server::tls_rustls::RustlsConfig;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{MissedTickBehavior, interval};

use crate::tls::Identity;

const LOOK_EVERY: Duration = Duration::from_secs(10);

/// Loads the certificate again whenever it changed, for ever. One that cannot be used is left aside, and the old one serves on.
pub(super) fn reload(
    identity: Identity,
    config: RustlsConfig,
) -> io::Result<impl Future<Output = ()>> {
    let mut hangup = signal(SignalKind::hangup())?;
    let mut seen = changed_at(&identity);
    let mut look = interval(LOOK_EVERY);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    Ok(async move {
        loop {
            let was_told = tokio::select! {
                _ = hangup.recv() => true,
                _ = look.tick() => false,
            };
            let now = changed_at(&identity);
            if was_told || now != seen {
                seen = now;
                load(&identity, &config);
            }
        }
    })
}

fn load(identity: &Identity, config: &RustlsConfig) {
    match identity.config() {
        Ok(fresh) => {
            config.reload_from_config(fresh);
            tracing::info!("the certificate was loaded again");
        }
        Err(error) => tracing::error!(%error, "the certificate cannot be used: the old one stays"),
    }
}

fn changed_at(identity: &Identity) -> [Option<SystemTime>; 2] {
    [&identity.certificate, &identity.key].map(|path| fs::metadata(path).ok()?.modified().ok())
}
