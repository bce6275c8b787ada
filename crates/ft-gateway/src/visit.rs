//! One request's stay in the gateway, written down when it ends, however it ends.

use ft_client::Report;
use ft_core::Tick;

use crate::gateway::Gateway;
use crate::journal::Entry;

/// A request on its way. Its drop is its end.
#[derive(Debug)]
pub(crate) struct Visit {
    gateway: Gateway,
    began: Tick,
    route: &'static str,
    pub(crate) request_id: String,
    pub(crate) caller: String,
    pub(crate) model: String,
    pub(crate) streamed: bool,
    status: u16,
    code: Option<String>,
    report: Option<Report>,
}

/// The caller left before the answer was there. No status of HTTP: what nginx writes into its log.
const LEFT: u16 = 499;

impl Visit {
    pub(crate) fn begin(gateway: &Gateway, route: &'static str, request_id: String) -> Self {
        Self {
            began: gateway.clock().now(),
            gateway: gateway.clone(),
            route,
            request_id,
            caller: String::new(),
            model: String::new(),
            streamed: false,
            status: LEFT,
            code: None,
            report: None,
        }
    }

    /// What the caller got.
    pub(crate) fn ended(&mut self, status: u16, code: Option<&str>, report: Option<Report>) {
        self.status = status;
        self.code = code.map(str::to_owned);
        self.report = report;
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        let took = self.gateway.clock().now().since(self.began);
        self.gateway.journal().record(Entry {
            request_id: std::mem::take(&mut self.request_id),
            caller: std::mem::take(&mut self.caller),
            route: self.route,
            model: std::mem::take(&mut self.model),
            streamed: self.streamed,
            status: self.status,
            code: self.code.take(),
            took,
            report: self.report.take(),
        });
    }
}
