//! What put a key or a target out, so that whoever is passed over because of it can be told.

use std::sync::{Mutex, PoisonError};

use ft_core::{ErrorKind, Tick};

/// The failure that put something out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WentOut {
    pub(crate) kind: ErrorKind,
    pub(crate) status: Option<u16>,
    pub(crate) at: Tick,
}

/// The last such failure of a key or a target.
#[derive(Default)]
pub(crate) struct LastOut(Mutex<Option<WentOut>>);

impl LastOut {
    pub(crate) fn note(&self, out: WentOut) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(out);
    }

    pub(crate) fn get(&self) -> Option<WentOut> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl WentOut {
    /// As in "the key was refused 12 s ago (401)".
    pub(crate) fn in_words(self, now: Tick) -> String {
        let what = match self.kind {
            ErrorKind::Auth => "the key was refused",
            ErrorKind::QuotaExhausted => "the quota or credit was used up",
            ErrorKind::Forbidden => "it was not allowed",
            ErrorKind::ModelNotFound => "the provider had no such model",
            kind => return format!("{}, {}", kind.as_str(), ago(now.since(self.at).as_secs())),
        };
        let ago = ago(now.since(self.at).as_secs());
        match self.status {
            Some(status) => format!("{what} {ago} ({status})"),
            None => format!("{what} {ago}"),
        }
    }
}

fn ago(secs: u64) -> String {
    match secs {
        0..=119 => format!("{secs} s ago"),
        120..=7_199 => format!("{} min ago", secs / 60),
        _ => format!("{} h ago", secs / 3_600),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_went_out_is_told_with_its_age() {
        let out = |kind, status| WentOut { kind, status, at: Tick::from_secs(10) };
        let said = |out: WentOut, at| out.in_words(Tick::from_secs(at));
        assert_eq!(said(out(ErrorKind::Auth, Some(401)), 22), "the key was refused 12 s ago (401)");
        let spent = out(ErrorKind::QuotaExhausted, None);
        assert_eq!(said(spent, 310), "the quota or credit was used up 5 min ago");
        let missing = out(ErrorKind::ModelNotFound, Some(404));
        assert_eq!(said(missing, 20_000), "the provider had no such model 5 h ago (404)");
    }
}
