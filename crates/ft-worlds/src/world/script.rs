//! A world as a script: what a person reads, and types again.

use std::fmt;
use std::time::Duration;

use super::{Fault, FaultSpell, TargetSpec, World};

impl fmt::Display for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, credentials, tiers, settings, traffic, reloads } = self;
        writeln!(f, "seed {seed}, keys {credentials:?}")?;
        for (at, tier) in tiers.iter().enumerate() {
            writeln!(f, "tier {at} {:?}", tier.order)?;
            for target in &tier.targets {
                write!(f, "{target}")?;
            }
        }
        writeln!(f, "{settings:?}")?;
        writeln!(f, "{traffic:?}")?;
        if !reloads.is_empty() {
            writeln!(f, "reloads at {reloads:?}")?;
        }
        Ok(())
    }
}

impl fmt::Display for TargetSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "  {}/{}: {:?}", self.provider_name(), self.model(), self.latency)?;
        write!(f, " + {:?} a word, attempt {:?}", self.per_word, self.attempt_timeout)?;
        if let Some(first) = self.first_token_timeout {
            write!(f, ", first content {first:?}")?;
        }
        if self.in_flight < 256 {
            write!(f, ", in flight {}", self.in_flight)?;
        }
        for (is, word) in [(self.prefill, "prefill"), (self.upstream_stream, "upstream stream")] {
            if is {
                write!(f, ", {word}")?;
            }
        }
        writeln!(f)?;
        self.faults.iter().try_for_each(|spell| writeln!(f, "    {spell}"))
    }
}

impl fmt::Display for FaultSpell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, until, share, fault } = self;
        write!(f, "{:.1} % {fault} from {from:?}", share * 100.0)?;
        if *until < Duration::MAX { write!(f, " to {until:?}") } else { Ok(()) }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(status, None) => write!(f, "{status}"),
            Self::Status(status, Some(hint)) => write!(f, "{status}+{hint:?}"),
            other => write!(f, "{other:?}"),
        }
    }
}
