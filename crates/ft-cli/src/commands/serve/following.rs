//! The file that is served, followed: read again when it changed, or when somebody says so.

use std::io;
use std::time::Duration;

use ft_gateway::{Gateway, Reload, Unusable};

use super::log::Log;
use super::signals::Hangups;

/// How often the file is looked at. Reading a few kilobytes costs nothing, and works where notices of changes do not
/// come: on network file systems, and where the folder is exchanged as a whole.
const EVERY: Duration = Duration::from_secs(2);

/// More names than this would hide what the line says; the answer of the admin API has them all.
const MOST_NAMES: usize = 10;

/// Follows the gateway's file for ever; ends only when signals cannot be heard.
///
/// # Cancel safety
/// May be dropped at any time.
pub(super) async fn follow(gateway: &Gateway, watch: bool, log: &Log) -> io::Error {
    let mut hangups = match Hangups::new() {
        Ok(hangups) => hangups,
        Err(error) => return error,
    };
    loop {
        let told = tokio::select! {
            biased;
            () = hangups.next() => true,
            () = tokio::time::sleep(EVERY) => false,
        };
        log.tell_dropped(gateway);
        if !told && !watch {
            continue;
        }
        match gateway.reload_from_file(told).await {
            Some(reloaded) => tell(&reloaded),
            None if told => tracing::warn!("SIGHUP: there is no file to read again"),
            None => {}
        }
    }
}

fn tell(reloaded: &Result<Reload, Unusable>) {
    match reloaded {
        Ok(Reload::Unchanged) => {}
        Ok(Reload::Done { after_restart, changed }) => {
            let changed = match &**changed {
                [] => "the same settings".to_owned(),
                names if names.len() > MOST_NAMES => {
                    let more = names.len() - MOST_NAMES;
                    format!("changed: {} and {more} more", names[..MOST_NAMES].join(", "))
                }
                names => format!("changed: {}", names.join(", ")),
            };
            match &**after_restart {
                [] => tracing::info!("the new configuration is served; {changed}"),
                names => {
                    let names = names.join(", ");
                    tracing::warn!(
                        "the new configuration is served, but for {names}: restart for these; {changed}"
                    );
                }
            }
        }
        Err(unusable) => tracing::error!("the old configuration stays: {unusable}"),
    }
}
