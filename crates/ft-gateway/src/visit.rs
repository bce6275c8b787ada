//! One request's stay in the gateway, written down when it ends, however it ends.

use std::sync::Arc;

use ft_client::Report;
use ft_core::Tick;

use crate::caller::Caller;
use crate::gateway::Gateway;
use crate::journal::Entry;
use crate::meters::Route;

/// A request on its way. Its drop is its end.
#[derive(Debug)]
pub(crate) struct Visit {
    gateway: Gateway,
    began: Tick,
    route: Route,
    pub(crate) request_id: String,
    caller: Option<Arc<Caller>>,
    pub(crate) streamed: bool,
    model: String,
    status: u16,
    code: Option<String>,
    report: Option<Report>,
}

/// The caller left before the answer was there. No status of HTTP: what nginx writes into its log.
const LEFT: u16 = 499;

/// More of a model's name is not written down.
const LONGEST_NAME: usize = 128;

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
            streamed: false,
            status: LEFT,
            code: None,
            report: None,
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

    /// What the caller got.
    pub(crate) fn ended(&mut self, status: u16, code: Option<&str>, report: Option<Report>) {
        self.status = status;
        self.code = code.map(str::to_owned);
        self.report = report;
    }

    /// The caller left in the middle of the answer.
    pub(crate) fn left(&mut self, report: Report) {
        self.ended(LEFT, None, Some(report));
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        let clock = self.gateway.clock();
        self.gateway.meters().ended(self.route, self.status);
        if let (Some(caller), Some(report)) = (&self.caller, &self.report) {
            caller.charge(report);
        }
        self.gateway.journal().record(Entry {
            ended_at: clock.wall(),
            took: clock.now().since(self.began),
            request_id: std::mem::take(&mut self.request_id),
            caller: self.caller().to_owned(),
            route: self.route.as_str(),
            model: std::mem::take(&mut self.model),
            streamed: self.streamed,
            status: self.status,
            code: self.code.take(),
            report: self.report.take(),
        });
    }
}
