//! Gates, in-flight limits and budgets that keep retries and fallbacks from becoming a storm.
