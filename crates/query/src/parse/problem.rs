//! What is wrong with a request, and with which of its parameters.

/// What is wrong with one parameter of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The parameter as it was sent, decoded.
    pub parameter: String,
    /// What is wrong and what is allowed.
    pub message: String,
}

pub fn problem(parameter: &str, message: impl Into<String>) -> Problem {
    let parameter = parameter.chars().take(128).collect();
    Problem { parameter, message: message.into() }
}
