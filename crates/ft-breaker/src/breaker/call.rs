//! The breaker around a future.

use super::Breaker;
use crate::outcome::Outcome;
use crate::rejected::BreakerError;

impl Breaker {
    /// Runs `future` if the circuit lets it, and settles by what `classify` says of its result.
    ///
    /// A rejected future is dropped unpolled. A panic in the future or in `classify` passes
    /// through, gives a probe's slot back and counts for nothing.
    ///
    /// # Errors
    ///
    /// [`BreakerError::Rejected`] without a call, or the call's own error.
    ///
    /// # Cancel safety
    ///
    /// May be dropped at any time. Before `cancel_grace` that is a caller who left and counts for
    /// nothing; after it the call has timed out, which is a failure, so a timeout may stand
    /// outside or inside.
    pub async fn call<T, E>(
        &self,
        future: impl Future<Output = Result<T, E>>,
        classify: impl FnOnce(&Result<T, E>) -> Outcome,
    ) -> Result<T, BreakerError<E>> {
        let permit = self.acquire()?;
        let result = future.await;
        permit.settle(classify(&result));
        result.map_err(BreakerError::Inner)
    }
}
