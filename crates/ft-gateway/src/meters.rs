//! What the gateway counts beside its client: HTTP requests, and the SDKs' own retries.

use metrics::{Counter, Gauge, counter, describe_counter, describe_gauge, gauge};

/// Requests over HTTP, by route and status.
pub(crate) const HTTP_REQUESTS: &str = "ai_api_http_requests_total";
/// Requests that have not ended.
pub(crate) const HTTP_IN_FLIGHT: &str = "ai_api_http_in_flight";
/// Requests that an SDK sent again.
pub(crate) const CLIENT_RETRIES: &str = "ai_api_client_retries_total";

/// Lines of the access log, the trace and the process's log that had to be dropped.
pub(crate) const LINES_DROPPED: &str = "ai_api_log_lines_dropped_total";

/// Connections that are open.
pub(crate) const CONNECTIONS: &str = "ft_connections";
/// 1 while the process cannot accept connections.
pub(crate) const ACCEPT_FAILING: &str = "ft_accept_failing";

/// What sockets are counted by.
#[derive(Clone)]
pub(crate) struct SocketMeters {
    pub(crate) connections: Gauge,
    pub(crate) failing: Gauge,
}

impl SocketMeters {
    fn new() -> Self {
        describe_gauge!(
            CONNECTIONS,
            "Connections of callers and of who runs the gateway that are open"
        );
        describe_gauge!(ACCEPT_FAILING, "1 while the process cannot accept connections");
        Self { connections: gauge!(CONNECTIONS), failing: gauge!(ACCEPT_FAILING) }
    }

    /// Of who shows them to nobody.
    pub(crate) fn unseen() -> Self {
        Self { connections: Gauge::noop(), failing: Gauge::noop() }
    }
}

/// A request's route, as a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    Chat,
    Embeddings,
    Models,
    /// What is no route.
    Other,
}

impl Route {
    const ALL: [Self; 4] = [Self::Chat, Self::Embeddings, Self::Models, Self::Other];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Embeddings => "embeddings",
            Self::Models => "models",
            Self::Other => "other",
        }
    }
}

/// The statuses that have a series of their own: those that the gateway says itself and those that it passes on.
/// Providers may invent others, which must not make series.
const STATUSES: [u16; 17] =
    [200, 400, 401, 403, 404, 405, 408, 409, 413, 422, 429, 451, 499, 500, 502, 503, 504];

/// Handles of all series, made once.
#[derive(Clone)]
pub(crate) struct Meters {
    requests: Vec<[Counter; STATUSES.len() + 1]>,
    in_flight: Gauge,
    retries: Counter,
    pub(crate) lines_dropped: Counter,
    pub(crate) sockets: SocketMeters,
}

impl Meters {
    /// Takes its handles from the recorder of this moment.
    pub(crate) fn new() -> Self {
        describe_counter!(HTTP_REQUESTS, "Requests over HTTP, by route and status");
        describe_gauge!(HTTP_IN_FLIGHT, "Requests over HTTP that have not ended");
        describe_counter!(CLIENT_RETRIES, "Requests that an SDK said it sent again");
        describe_counter!(
            LINES_DROPPED,
            "Lines of the access log, the trace and the process's log dropped because too many waited to be written"
        );
        let of = |route: Route| {
            std::array::from_fn(|at| {
                let status = STATUSES.get(at).map_or("other".to_owned(), u16::to_string);
                counter!(HTTP_REQUESTS, "route" => route.as_str(), "status" => status)
            })
        };
        Self {
            requests: Route::ALL.map(of).into(),
            in_flight: gauge!(HTTP_IN_FLIGHT),
            retries: counter!(CLIENT_RETRIES),
            lines_dropped: counter!(LINES_DROPPED),
            sockets: SocketMeters::new(),
        }
    }

    pub(crate) fn began(&self) {
        self.in_flight.increment(1);
    }

    pub(crate) fn ended(&self, route: Route, status: u16) {
        self.in_flight.decrement(1);
        let at = STATUSES.iter().position(|&known| known == status);
        self.requests[route as usize][at.unwrap_or(STATUSES.len())].increment(1);
    }

    pub(crate) fn retried(&self) {
        self.retries.increment(1);
    }
}
