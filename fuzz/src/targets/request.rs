//! Requests: read, written, counted, fitted, keyed.

use ft_cache::{Key, Scope};
use ft_context::{Strategy, Window, counter_for, fit};
use ft_core::ChatRequest;
use ft_core::chat::EmbeddingRequest;

/// A request that can be read is written as it was read, has the same key then, and fitted never counts more.
///
/// # Panics
/// When that does not hold.
pub fn request(data: &[u8]) {
    let _ = serde_json::from_slice::<EmbeddingRequest>(data);
    let Ok(read) = serde_json::from_slice::<ChatRequest>(data) else { return };
    let written = serde_json::to_vec(&read).unwrap_or_default();
    let Ok(again) = serde_json::from_slice::<ChatRequest>(&written) else {
        panic!("a request that was written cannot be read");
    };
    assert_eq!(again, read, "a request changed on the way");
    let scope = Scope { tenant: "", chain: "c" };
    assert_eq!(Key::of(&scope, &read), Key::of(&scope, &again), "its key changed");
    for model in ["gpt-4.1", "claude-sonnet-4.5", "x"] {
        let counter = counter_for(model);
        let all = counter.count_request(&read).at_most();
        for window in [1, 100, 10_000] {
            let window = Window::for_request(&read, window, Some(10));
            if let Ok(fitted) = fit(&read, &window, counter, &Strategy::default()) {
                let left = counter.count_request(&fitted.request).at_most();
                assert!(left <= all, "{left} tokens are left of {all}");
            }
        }
    }
}
