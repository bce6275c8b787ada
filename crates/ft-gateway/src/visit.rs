//! One request's stay in the gateway, written down when it ends, however it ends.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use ft_client::Report;
use ft_core::{Clock, Tick};

use crate::body::Room;
use crate::caller::Caller;
use crate::gateway::Gateway;
use crate::journal::Entry;
use crate::meters::Route;

/// A request on its way. Its drop is its end.
#[derive(Debug)]
pub(crate) struct Visit {
    gateway: Gateway,
    began: Tick,
    pub(crate) route: Route,
    pub(crate) request_id: String,
    caller: Option<Arc<Caller>>,
    pub(crate) streamed: bool,
    model: String,
    path: Option<String>,
    stranger: bool,
    end: End,
    /// The report of a call that its caller left.
    left: Arc<OnceLock<Report>>,
    /// Who else waits for its end.
    told: Option<Arc<OnceLock<End>>>,
    /// The room that its body takes, as long as it may be sent again.
    _room: Option<Room>,
}

/// What became of a request.
#[derive(Clone, Debug)]
pub(crate) struct End {
    /// What the caller got.
    pub(crate) status: u16,
    /// The error's code.
    pub(crate) code: Option<String>,
    pub(crate) report: Option<Report>,
}

/// The caller left before the answer was there. No status of HTTP: what nginx writes into its log.
const LEFT: u16 = 499;

/// More of a model's name is not written down.
const LONGEST_NAME: usize = 128;

impl End {
    const LEFT: Self = Self { status: LEFT, code: None, report: None };
}

impl Visit {
    pub(crate) fn begin(gateway: &Gateway, route: Route, request_id: String) -> Self {
        gateway.meters().began();
        Self {
            began: gateway.clock().now(),
            gateway: gateway.clone(),
            route,
            request_id,
            caller: None,
            model: String::new(),
            path: None,
            stranger: false,
            streamed: false,
            end: End::LEFT,
            left: Arc::default(),
            told: None,
            _room: None,
        }
    }

    /// Who asks.
    pub(crate) fn is_from(&mut self, caller: Arc<Caller>) {
        self.caller = Some(caller);
    }

    /// Their name; empty where no keys are configured, and before they are known.
    pub(crate) fn caller(&self) -> &str {
        self.caller.as_ref().map_or("", |caller| &caller.name)
    }

    /// The money of who asks was not enough for it.
    pub(crate) fn is_out_of_money(&self) {
        if let Some(caller) = &self.caller {
            caller.could_not_pay();
        }
    }

    /// What was asked for.
    pub(crate) fn asks_for(&mut self, model: &str) {
        self.model = model.chars().take(LONGEST_NAME).collect();
    }

    /// Where it was sent, of a request that no route takes.
    pub(crate) fn asks_at(&mut self, path: &str) {
        self.path = Some(path.chars().take(LONGEST_NAME).collect());
    }

    /// There are callers, and it is from none of them.
    pub(crate) fn is_of_a_stranger(&mut self) {
        self.stranger = true;
    }

    /// What the caller got.
    pub(crate) fn ended(&mut self, status: u16, code: Option<&str>, report: Option<Report>) {
        self.ends(End { status, code: code.map(str::to_owned), report });
    }

    /// As [`ended`](Self::ended).
    pub(crate) fn ends(&mut self, end: End) {
        self.end = end;
        if let Some(told) = &self.told {
            // Only the first end is one.
            let _ = told.set(self.end.clone());
        }
    }

    /// Writes its end into this as well.
    pub(crate) fn tells(&mut self, told: Arc<OnceLock<End>>) {
        self.told = Some(told);
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        self.gateway.clock()
    }

    /// Keeps this until its end.
    pub(crate) fn holds(&mut self, room: Room) {
        self._room = Some(room);
    }

    /// Since it began.
    pub(crate) fn took(&self) -> Duration {
        self.gateway.clock().now().since(self.began)
    }

    /// Where its call leaves its report if the caller leaves before the end: dropped before this is, as everything
    /// is that a visit outlives.
    pub(crate) fn left(&self) -> Arc<OnceLock<Report>> {
        Arc::clone(&self.left)
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        let mut end = std::mem::replace(&mut self.end, End::LEFT);
        if end.report.is_none() {
            end.report = self.left.get().cloned();
        }
        self.gateway.meters().ended(self.route, end.status);
        if let (Some(caller), Some(report)) = (&self.caller, &end.report) {
            caller.charge(report);
        }
        self.gateway.journal().record(Entry {
            ended_at: self.gateway.clock().wall(),
            took: self.took(),
            request_id: std::mem::take(&mut self.request_id),
            caller: self.caller().to_owned(),
            route: self.route.as_str(),
            model: std::mem::take(&mut self.model),
            path: self.path.take(),
            stranger: self.stranger || (end.status == 401 && end.report.is_none()),
            streamed: self.streamed,
            status: end.status,
            code: end.code,
            report: end.report,
        });
    }
}
