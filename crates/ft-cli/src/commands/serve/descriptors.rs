//! How many descriptors the process may have open: as many as the system lets it, and it says how many.

use ft_gateway::config::ServerConfig;

use crate::failure::Failure;
use crate::output::Output;

/// Raises the soft limit to the hard one, which needs no permission, and says so. A process that is at its limit can
/// neither accept connections nor open those to its providers.
pub(super) fn raise(server: &ServerConfig, output: &mut Output) -> Result<(), Failure> {
    let Some((was, is)) = raised() else { return Ok(()) };
    if was < is {
        output.note(&format!("descriptors: {is} may be open, raised from {was}"))?;
    }
    // A connection and its call upstream; what a process has open beside is little.
    let needed = 2 * u64::from(server.max_connections);
    if is < needed {
        tracing::warn!(
            "server.max_connections = {} may need {needed} descriptors, each connection and its call upstream one, and \
             {is} may be open: raise the hard limit (`ulimit -Hn`, LimitNOFILE), or lower it",
            server.max_connections
        );
    }
    Ok(())
}

/// What the limit was and is; `None` where there is none.
#[cfg(unix)]
fn raised() -> Option<(u64, u64)> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let limit = getrlimit(Resource::Nofile);
    let was = limit.current?;
    let more = Rlimit { current: limit.maximum, maximum: limit.maximum };
    if limit.maximum != Some(was)
        && let Err(error) = setrlimit(Resource::Nofile, more)
    {
        tracing::warn!(%error, "the limit of open descriptors cannot be raised");
    }
    Some((was, getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)))
}

#[cfg(not(unix))]
fn raised() -> Option<(u64, u64)> {
    None
}
