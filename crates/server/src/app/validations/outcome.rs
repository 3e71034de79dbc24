//! What came of a face that was measured, beside what its record says.

use verax_domain::records::biometric_validation::CheckResult;

/// What came of a face.
pub struct FaceOutcome {
    pub result: CheckResult,
    /// Under which the image is remembered when it is accepted.
    pub digests: Vec<String>,
    /// The person whom the face was compared with.
    pub person: Option<String>,
    /// The person who was enrolled.
    pub enrolled: Option<String>,
}

impl FaceOutcome {
    /// Nobody was compared with or enrolled, and no image is remembered.
    pub fn of(result: CheckResult) -> FaceOutcome {
        FaceOutcome { result, digests: Vec::new(), person: None, enrolled: None }
    }
}
