//! Random worlds in which several things go wrong at once, and what must hold in every one of them.
//!
//! Each mechanism of the client has tests of its own, and each is right alone. What goes wrong goes wrong between
//! two of them: a breaker that opens by chance and a gate that is shut, a wait that is worth less than the last
//! resort, a reader that stands still and a call that others have joined. So a [`World`] is made up from a seed:
//! topology, settings, faults of several targets at once, callers who leave, reloads. It is played in virtual time
//! by the real client against modelled providers ([`play`](play::play)), once more by a loop that asks each target
//! once, in order, without memory ([`naive`]), and then every [invariant](invariants::check) is asked whether it
//! holds. One seed is one world is one run. A world that breaks an invariant is [shrunk](shrink::shrink) to the
//! least one that still does, and told as a script.

pub mod digest;
pub mod generate;
pub mod invariants;
pub mod known;
pub mod luck;
pub mod naive;
pub mod play;
pub mod seeds;
pub mod shrink;
pub mod sockets;
pub mod tally;
pub mod wire;
pub mod world;

pub use world::World;
