//! The files of a simulation: scenarios, configurations, traces.

use std::path::{Path, PathBuf};

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use ft_client::config::{ClientConfig, Document};
use ft_simulate::{InvalidScenario, Scenario, Trace, shipped};

use crate::failure::Failure;

/// A scenario with the text that it was read from.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) scenario: Scenario,
    text: String,
    /// What errors call it.
    file: String,
    /// Where paths in it begin.
    folder: PathBuf,
}

impl Source {
    /// What is wrong, with its file and line.
    pub(crate) fn located(&self, wrong: InvalidScenario) -> InvalidScenario {
        wrong.located(&self.file, &self.text)
    }
}

/// Any text, and for shells that complete it the names of scenarios that ship.
#[derive(Clone, Debug)]
pub(crate) struct Names;

impl TypedValueParser for Names {
    type Value = String;

    fn parse_ref(
        &self,
        command: &clap::Command,
        arg: Option<&clap::Arg>,
        value: &std::ffi::OsStr,
    ) -> Result<String, clap::Error> {
        StringValueParser::new().parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(shipped().iter().map(|scenario| PossibleValue::new(scenario.name))))
    }
}

/// Reads a scenario: one that ships, or else a file.
pub(crate) fn scenario(name: &str) -> Result<Source, Failure> {
    let found = shipped().iter().find(|scenario| scenario.name == name);
    let (text, file, folder) = match found {
        Some(found) => (found.text.to_owned(), found.name.to_owned(), PathBuf::new()),
        None => {
            let folder = Path::new(name).parent().map(Path::to_owned).unwrap_or_default();
            (read(Path::new(name)).map_err(|error| unknown(name, &error))?, name.to_owned(), folder)
        }
    };
    let mut scenario =
        Scenario::from_toml(&text, &file).map_err(|wrong| Failure::usage(wrong.to_string()))?;
    if scenario.name.is_empty() {
        let stem = Path::new(&file).file_stem().map(|stem| stem.to_string_lossy().into_owned());
        scenario.name = stem.unwrap_or_default();
    }
    Ok(Source { scenario, text, file, folder })
}

fn unknown(name: &str, error: &std::io::Error) -> Failure {
    // A bare word was meant to be a scenario that ships.
    if error.kind() == std::io::ErrorKind::NotFound && !name.contains(['/', '\\', '.']) {
        let known: Vec<_> = shipped().iter().map(|scenario| scenario.name).collect();
        return Failure::usage(format!(
            "there is no scenario `{name}` and no such file; scenarios that ship: {}",
            known.join(", ")
        ));
    }
    Failure::usage(format!("cannot read {name}: {error}"))
}

/// Reads a client's or a gateway's configuration. No provider will be reached with it, so keys may be missing, and
/// what a gateway has for its callers plays no part.
pub(crate) fn config(path: &Path) -> Result<ClientConfig, Failure> {
    let name = path.display().to_string();
    let text =
        read(path).map_err(|error| Failure::usage(format!("cannot read {name}: {error}")))?;
    let lookup = |variable: &str| {
        std::env::var(variable).ok().or_else(|| Some("not-set-and-not-needed".to_owned()))
    };
    let read = || {
        let mut document = Document::parse(name.as_str(), &text, lookup)?;
        for section in ["server", "callers"] {
            let _: Option<serde::de::IgnoredAny> = document.take(section)?;
        }
        ClientConfig::from_document(&mut document)
    };
    read().map_err(|wrong| Failure::usage(wrong.to_string()))
}

/// Reads the scenario's trace, if it has one.
pub(crate) fn trace(source: &Source) -> Result<Option<Trace>, Failure> {
    let Some(path) = &source.scenario.traffic.trace else { return Ok(None) };
    let path = source.folder.join(path);
    let name = path.display().to_string();
    let text =
        read(&path).map_err(|error| Failure::usage(format!("cannot read {name}: {error}")))?;
    Trace::from_jsonl(&text, &name).map(Some).map_err(|wrong| Failure::usage(wrong.to_string()))
}

fn read(path: &Path) -> std::io::Result<String> {
    std::fs::read_to_string(path)
}
