//! What the product means: resources, states, findings and verdicts. Pure.
