//! Which attempt meets what.

use std::collections::VecDeque;
use std::fmt;

use ft_core::{Entropy, Tick};

use crate::{Model, Reply, Seen};

/// Which attempt at one model meets what.
///
/// A reply or a [`Model`] is a script by itself, wherever a script is taken.
pub struct Script {
    kind: Kind,
}

enum Kind {
    Always(Box<Reply>),
    Sequence { first: VecDeque<Reply>, then: Box<Script> },
    Function(Box<dyn FnMut(&Seen<'_>) -> Reply + Send>),
    Model(Box<Model>),
}

impl Script {
    /// The same for every attempt.
    #[must_use]
    pub fn always(reply: Reply) -> Self {
        Self { kind: Kind::Always(Box::new(reply)) }
    }

    /// These in turn, one for each attempt, and then [`Reply::ok`] for ever, or what [`then`](Self::then) says.
    #[must_use]
    pub fn sequence(replies: impl IntoIterator<Item = Reply>) -> Self {
        let first = replies.into_iter().collect();
        Self { kind: Kind::Sequence { first, then: Box::new(Self::always(Reply::ok())) } }
    }

    /// What follows a sequence. Without effect on other scripts, which never end.
    #[must_use]
    pub fn then(mut self, next: impl Into<Self>) -> Self {
        if let Kind::Sequence { then, .. } = &mut self.kind {
            **then = next.into();
        }
        self
    }

    /// What this function makes of the attempt. It is called once an attempt, never twice at a time, and may
    /// look at the log and change other scripts; while it runs, other attempts at its model wait.
    #[must_use]
    pub fn from_fn(function: impl FnMut(&Seen<'_>) -> Reply + Send + 'static) -> Self {
        Self { kind: Kind::Function(Box::new(function)) }
    }

    /// What the next attempt meets.
    #[must_use]
    pub fn next(&mut self, seen: &Seen<'_>, now: Tick, entropy: &mut Entropy) -> Reply {
        match &mut self.kind {
            Kind::Always(reply) => (**reply).clone(),
            Kind::Sequence { first, then } => match first.pop_front() {
                Some(reply) => reply,
                None => then.next(seen, now, entropy),
            },
            Kind::Function(function) => function(seen),
            Kind::Model(model) => model.next(seen, now, entropy),
        }
    }
}

impl From<Reply> for Script {
    fn from(reply: Reply) -> Self {
        Self::always(reply)
    }
}

impl From<Model> for Script {
    fn from(model: Model) -> Self {
        Self { kind: Kind::Model(Box::new(model)) }
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Always(reply) => f.debug_tuple("Always").field(reply).finish(),
            Kind::Sequence { first, then } => {
                f.debug_struct("Sequence").field("first", first).field("then", then).finish()
            }
            Kind::Function(_) => f.write_str("Function"),
            Kind::Model(model) => f.debug_tuple("Model").field(model).finish(),
        }
    }
}

/// The scripts of a provider's models, and one for every model that is not listed.
///
/// A script, a reply or a [`Model`] stands for scripts that treat all models as one.
#[derive(Debug, Default)]
pub struct Scripts {
    pub(crate) models: Vec<(String, Script)>,
    pub(crate) otherwise: Option<Script>,
}

impl Scripts {
    /// No model: every attempt is answered with status 404.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a model. One of the same name is replaced.
    #[must_use]
    pub fn model(mut self, name: impl Into<String>, script: impl Into<Script>) -> Self {
        let name = name.into();
        self.models.retain(|(listed, _)| *listed != name);
        self.models.push((name, script.into()));
        self
    }

    /// Sets the script of all models that are not listed; they share its sequence, its count and its limits.
    #[must_use]
    pub fn otherwise(mut self, script: impl Into<Script>) -> Self {
        self.otherwise = Some(script.into());
        self
    }
}

impl<T: Into<Script>> From<T> for Scripts {
    fn from(script: T) -> Self {
        Self::new().otherwise(script)
    }
}
