//! A request that is looked at and not sent: a prompt, or a body as an API takes it.

use std::io::Read;
use std::path::{Path, PathBuf};

use ft_core::ChatRequest;

use crate::failure::Failure;

/// More is no request but a file that was named by mistake; providers refuse it as well.
const MOST: u64 = 64 << 20;

/// Where the request comes from.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(crate) struct Args {
    /// The question. `-` reads it from stdin.
    prompt: Option<String>,
    /// A file with the JSON body of a chat completion, instead of a question. `-` reads it from stdin.
    #[arg(long, value_name = "FILE", conflicts_with = "prompt")]
    request: Option<PathBuf>,
}

impl Args {
    /// The request; `None` when none is given.
    ///
    /// # Errors
    /// When it cannot be read, is empty, or is no such body.
    pub(crate) fn read(&self) -> Result<Option<ChatRequest>, Failure> {
        if let Some(path) = &self.request {
            let name = path.display();
            let text = read(path)?;
            let request = serde_json::from_str(&text).map_err(|error| {
                Failure::usage(format!("--request: {name} is no chat completion: {error}"))
            })?;
            return Ok(Some(request));
        }
        let prompt = match self.prompt.as_deref() {
            None => return Ok(None),
            Some("-") => read(Path::new("-"))?,
            Some(prompt) => prompt.to_owned(),
        };
        if prompt.trim().is_empty() {
            return Err(Failure::usage("the question is empty"));
        }
        Ok(Some(ChatRequest::user(prompt)))
    }
}

fn read(path: &Path) -> Result<String, Failure> {
    let (from, name): (Box<dyn Read>, _) = if path.as_os_str() == "-" {
        (Box::new(std::io::stdin()), "stdin".to_owned())
    } else {
        let name = path.display().to_string();
        let file = std::fs::File::open(path)
            .map_err(|error| Failure::usage(format!("cannot read {name}: {error}")))?;
        (Box::new(file), name)
    };
    let mut text = String::new();
    let read = from.take(MOST + 1).read_to_string(&mut text);
    let read = read.map_err(|error| Failure::usage(format!("cannot read {name}: {error}")))?;
    if read as u64 > MOST {
        return Err(Failure::usage(format!("{name} is longer than {} MiB", MOST >> 20)));
    }
    Ok(text)
}
