//! What goes wrong with one reply.

use serde_json::Value;

/// A fault of one reply, beside its status, headers and waits.
///
/// `k` counts the chunks that carry content, from 1; `0` stands before the first.
/// A plain answer has no chunks: whatever `k` says, half of its body is sent before it is cut, reset or stalled.
/// In-process, where there is no connection, the error is the one that a strict reader would report.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Fault {
    /// Nothing comes, not even headers, until the caller leaves.
    Hang,
    /// The connection is not to be had. In-process: [`Connect`](ft_core::ErrorKind::Connect), nothing sent.
    /// Over HTTP the request has been read by then, so that it is a reset.
    Refuse,
    /// The connection is reset before the headers.
    Reset,
    /// The connection is reset after `k` chunks.
    ResetAfter(usize),
    /// The connection ends after `k` chunks, between two events.
    CutAfter(usize),
    /// The connection ends in the middle of chunk `k`.
    CutInside(usize),
    /// Nothing more comes after `k` chunks, and the connection stays open.
    StallAfter(usize),
    /// Chunk `k` is not JSON; the stream goes on after it. A plain body ends in the middle, its length correct.
    MalformedAt(usize),
    /// An error object comes inside the `200`, after `k` chunks; the stream then ends without `[DONE]`.
    /// A plain answer consists of the error alone.
    ErrorAfter(usize, Value),
    /// The answer has no choices.
    EmptyChoices,
}
