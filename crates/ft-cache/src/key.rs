//! The cache key: a 256-bit hash of a request's canonical encoding.

mod encode;
mod json;
mod sink;
#[cfg(test)]
mod tests;

use std::fmt;
use std::hash::{Hash, Hasher};

use ft_core::ChatRequest;

use self::sink::{Hashing, Through};

/// Who asks, and of whom: two scopes never share an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Scope<'a> {
    /// The tenant. An empty name is a tenant like any other.
    pub tenant: &'a str,
    /// The chain that the request runs through, since another chain may ask other models.
    pub chain: &'a str,
}

/// What an answer is kept under.
///
/// blake3 over the scope and every field of the request that changes the output. There is no comparison of
/// bodies on a hit: at 256 bits of a cryptographic hash two requests do not meet, not even by intent.
///
/// - **Skipped**: `stream`, `stream_options`, `user`, `metadata`, `store`. All else counts, known or not.
/// - **Order**: the fields of the request, of a message, of a part and of a tool call may come in any order.
///   What is inside schemas, tool definitions, arguments and unknown fields counts in the order sent, because
///   in that order it reaches the model.
/// - **Whitespace** between the tokens of JSON does not count, that inside a call's `arguments` included as far
///   as those are valid JSON. Text counts byte by byte.
/// - **Null** in a known optional field is the same as its absence. An explicit default is not: what the default
///   is, is the provider's to say. Null in an unknown field counts.
///
/// Stable across processes and machines. It changes when the encoding's version does, which empties a shared
/// store once and harms nothing else.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key([u8; 32]);

impl Key {
    /// The key of this request in this scope.
    ///
    /// Allocates nothing, with two exceptions: an object of more than 32 unknown fields is sorted on the heap, and
    /// checking that the arguments of a tool call are JSON takes a few bytes there.
    #[must_use]
    pub fn of(scope: &Scope<'_>, request: &ChatRequest) -> Self {
        let mut hash = Hashing::new();
        encode::request(&mut hash, scope, request);
        Self(hash.finish())
    }

    /// Hands out, piece by piece, the canonical encoding that the key is the blake3 hash of.
    ///
    /// For tests, and for those who wonder why two requests have different keys. It contains the prompt.
    pub fn encode(scope: &Scope<'_>, request: &ChatRequest, mut piece: impl FnMut(&[u8])) {
        encode::request(&mut Through(&mut piece), scope, request);
    }

    /// The key's bytes, as a shared store would write them.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// A key from its bytes, as a shared store would read them.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The first 64 bits, which are as good as any others.
    pub(crate) const fn prefix(&self) -> u64 {
        let [a, b, c, d, e, f, g, h, ..] = self.0;
        u64::from_le_bytes([a, b, c, d, e, f, g, h])
    }
}

// A quarter of the key spreads as well as all of it, and leaves a map's keyed hasher little to do. That hasher
// must stay: without it, requests could be made up whose keys fall into one bucket.
impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.prefix());
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({:016x}…)", self.prefix().swap_bytes())
    }
}
