//! Prometheus' text format: the exporter's families, and the money, which only integers keep exactly.

use std::collections::BTreeMap;
use std::fmt;

use ft_cost::Pico;
use metrics_exporter_prometheus::{
    Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder,
};

use super::family::{COST, FAMILIES, Family};
use crate::client::Client;

/// The recorder of this process's metrics, and their text for a scraper.
///
/// Install it before the first client is built: clients take their handles when they are built, and handles
/// taken before belong to nobody.
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use ft_client::telemetry::Prometheus;
///
/// let prometheus = Prometheus::install()?;
/// let client = ft_client::Client::holysheep("sk-an-example-key-0123456789")?;
/// let text = prometheus.render(&client);
/// assert!(text.contains("ai_api_requests_total"));
/// # Ok(())
/// # }
/// ```
pub struct Prometheus {
    handle: PrometheusHandle,
    /// Of a local one; an installed one belongs to the process.
    recorder: Option<PrometheusRecorder>,
}

impl Prometheus {
    /// Makes this the recorder of the process.
    ///
    /// # Errors
    /// [`InstallError`] when the process has a recorder already.
    pub fn install() -> Result<Self, InstallError> {
        let recorder = recorder();
        let handle = recorder.handle();
        let taken = |_| InstallError("the process has a metrics recorder already; use that one");
        metrics::set_global_recorder(recorder).map_err(taken)?;
        Ok(Self { handle, recorder: None })
    }

    /// A recorder that only hears what is built inside [`with`](Self::with): for tests, and for a process
    /// whose recorder is another.
    #[must_use]
    pub fn local() -> Self {
        let recorder = recorder();
        Self { handle: recorder.handle(), recorder: Some(recorder) }
    }

    /// Runs `build` so that clients built in it take their handles from this recorder.
    pub fn with<T>(&self, build: impl FnOnce() -> T) -> T {
        match &self.recorder {
            Some(recorder) => metrics::with_local_recorder(recorder, build),
            None => build(),
        }
    }

    /// Everything recorded, in Prometheus' text format, with this client's states as of now and its costs.
    ///
    /// After a reload, render the client that took over: what the one before it counts and costs is in there. See
    /// [`ClientBuilder::inherit`](crate::ClientBuilder::inherit).
    ///
    /// The content type is `text/plain; version=0.0.4`.
    #[must_use]
    pub fn render(&self, client: &Client) -> String {
        client.refresh_metrics();
        let mut text = self.handle.render();
        // Writing to a string does not fail.
        let _ = write_costs(&mut text, &client.costs());
        text
    }

    /// Moves samples of histograms into their buckets. Rendering does so too: only a process that is scraped
    /// less than every minute need call it, or its samples pile up.
    pub fn upkeep(&self) {
        self.handle.run_upkeep();
    }
}

impl fmt::Debug for Prometheus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prometheus")
            .field("local", &self.recorder.is_some())
            .finish_non_exhaustive()
    }
}

/// The recorder could not be installed.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct InstallError(&'static str);

/// A histogram without bounds would be exported as a summary, which no query can add up over processes.
fn recorder() -> PrometheusRecorder {
    let bounded = |builder: PrometheusBuilder, family: &Family| {
        let name = Matcher::Full(family.name.to_owned());
        let set = builder.set_buckets_for_metric(name, family.buckets);
        set.expect("only an empty list of buckets is refused, and those are left out")
    };
    let histograms = FAMILIES.iter().filter(|family| !family.buckets.is_empty());
    histograms.fold(PrometheusBuilder::new(), bounded).build_recorder()
}

fn write_costs(text: &mut String, costs: &BTreeMap<(&str, &str), Pico>) -> Result<(), fmt::Error> {
    use fmt::Write;
    writeln!(text, "# HELP {} {}", COST.name, COST.help)?;
    writeln!(text, "# TYPE {} {}", COST.name, COST.kind.as_str())?;
    for ((provider, model), cost) in costs {
        let (provider, model) = (escaped(provider), escaped(model));
        let dollars = cost.to_string();
        let dollars = dollars.trim_start_matches('$');
        writeln!(text, "{}{{provider=\"{provider}\",model=\"{model}\"}} {dollars}", COST.name)?;
    }
    writeln!(text)
}

/// A label's value in the text format.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_keep_every_digit_and_labels_are_escaped() {
        let mut text = String::new();
        let costs = BTreeMap::from([
            (("a", "plain"), Pico::from_pico(1)),
            (("a", "quo\"te\\n\n"), Pico::from_dollars(123_456_789)),
        ]);
        write_costs(&mut text, &costs).unwrap();
        assert!(text.contains("{provider=\"a\",model=\"plain\"} 0.000000000001\n"), "{text}");
        let escaped = "{provider=\"a\",model=\"quo\\\"te\\\\n\\n\"} 123456789.00\n";
        assert!(text.contains(escaped), "{text}");
    }
}
