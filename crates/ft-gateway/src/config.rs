//! The gateway's configuration: a client's, and beside it who may ask and where it listens.
//!
//! One TOML file: the keys of [`ClientConfig`] on the top level, and the sections `[server]` and `[callers.NAME]`.

mod callers;
mod check;
#[cfg(feature = "schema")]
mod schema;
mod server;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use ft_client::config::{ClientConfig, Document, InvalidConfig, Mistakes};

pub use crate::caller::{InvalidKeyHash, KeyHash};
pub use callers::{CacheScope, CallerConfig, CallerSpend};
#[cfg(feature = "schema")]
pub use schema::schema;
pub use server::ServerConfig;

/// Everything that a gateway is built from.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct GatewayConfig {
    /// What the client behind it is built from.
    pub client: ClientConfig,
    /// Where it listens, and what a connection may take. Default: this machine only.
    pub server: ServerConfig,
    /// Who may ask, by name. Default: nobody needs a key, and then it listens on this machine only.
    pub callers: BTreeMap<String, CallerConfig>,
    /// The file, where there is one: what is found wrong later has its line from it.
    document: Option<Arc<Document>>,
}

impl GatewayConfig {
    /// A gateway of this client with the default server, open to this machine.
    #[must_use]
    pub fn new(client: ClientConfig) -> Self {
        Self { client, ..Self::default() }
    }

    /// Reads a configuration from the text of a file of this name.
    ///
    /// `${NAME}` and `${NAME:-default}` are replaced from `lookup`, which is usually the environment.
    ///
    /// # Errors
    /// [`InvalidConfig`] with file, line and field, of all mistakes that can be found beside each other: malformed TOML, unknown keys, wrong types, values out of range,
    /// variables that are not set, settings without effect, and an open gateway on an address that others reach.
    /// What only building the client shows is an error of [`check`](Self::check).
    pub fn from_toml(
        name: impl Into<String>,
        text: &str,
        lookup: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, InvalidConfig> {
        let mut document = Document::parse(name, text, lookup)?;
        let mut found = Mistakes::default();
        let server = found.keep(document.take("server"));
        let callers = found.keep(document.take("callers"));
        let client = found.keep(document.take_rest::<ClientConfig>());
        if let Some(client) = &client {
            found.add(client.check_written(&document));
        }
        let (Some(server), Some(callers), Some(client)) = (server, callers, client) else {
            found.end().map_err(|wrong| wrong.at(&document))?;
            return Err(InvalidConfig::new("", "cannot be read").at(&document));
        };
        let (server, callers) = (server.unwrap_or_default(), callers.unwrap_or_default());
        let config = Self { client, server, callers, document: Some(Arc::new(document)) };
        check::check(&mut found, &config);
        found.end().map_err(|wrong| config.locate(wrong))?;
        Ok(config)
    }

    /// Checks all of it, by building the client as well, and whether there is a folder for the trace. Opens no
    /// socket.
    ///
    /// # Errors
    /// As [`from_toml`](Self::from_toml), and whatever [`ClientBuilder::build`](ft_client::ClientBuilder::build)
    /// finds, with its line where the configuration came from a file.
    pub fn check(&self) -> Result<(), InvalidConfig> {
        let mut found = Mistakes::default();
        check::check(&mut found, self);
        found.add(check::folders(&self.server));
        found
            .end()
            .and_then(|()| ft_client::Client::builder().config(self.client.clone()).build())
            .map(drop)
            .map_err(|wrong| self.locate(wrong))
    }

    /// This configuration for a process that was started with another: its sockets stay where they are until it is
    /// started again.
    ///
    /// # Errors
    /// [`InvalidConfig`] when whoever reaches them would be let in, which the file alone does not show.
    pub(crate) fn on_sockets_of(mut self, started: &ServerConfig) -> Result<Self, InvalidConfig> {
        let opened = |field: &str, at: SocketAddr, what: &str| {
            let rule = format!(
                "{what}, and until it is started again this process listens on {at}, which others reach: restart it"
            );
            Err(self.locate(InvalidConfig::new(field, rule)))
        };
        if self.callers.is_empty() && !started.listen.ip().is_loopback() {
            return opened("callers", started.listen, "there are none");
        }
        let admin = started.admin.filter(|at| !at.ip().is_loopback());
        if let (Some(at), true) = (admin, self.server.admin_key_sha256.is_empty()) {
            return opened("server.admin_key_sha256", at, "it has no key");
        }
        (self.server.listen, self.server.admin) = (started.listen, started.admin);
        Ok(self)
    }

    /// The names of the settings in which it differs from an older one, where both came from files.
    pub(crate) fn changes_from(&self, older: &Self) -> Vec<String> {
        match (&self.document, &older.document) {
            (Some(this), Some(older)) => this.changes_from(older),
            _ => Vec::new(),
        }
    }

    /// An error about this configuration, with file and line where it came from a file.
    #[must_use]
    pub fn locate(&self, wrong: InvalidConfig) -> InvalidConfig {
        match &self.document {
            Some(document) => wrong.at(document),
            None => wrong,
        }
    }
}

#[cfg(test)]
mod tests;
