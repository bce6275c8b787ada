//! Exact money: prices, catalogue, spend budgets and model selection.
