//! The image is decoded and measured on the threads; what was made of it.

use tokio::sync::oneshot;
use verax_domain::document_check::{DocumentCheck, PerCheck};
use verax_domain::document_findings::DocumentFindings;
use verax_domain::document_verdict::{
    Calibration, CheckVerdict, ColourlessRule, CroppedRule, DocumentPolicy, DocumentVerdict,
    Judgement, OperatingPoints,
};
use verax_vision::document::{DocumentEngine, DocumentRequest, with_portraits};
use verax_vision::faces::FaceEngine;
use verax_vision::image::{DecodeLimits, Image, ImageError};
use verax_vision::workers::Permit;

/// The policy that the calibrations stand for, with both rules of the whole image ignored.
pub fn policy(
    points: &PerCheck<OperatingPoints>,
    calibrations: &PerCheck<Calibration>,
) -> DocumentPolicy {
    DocumentPolicy {
        checks: PerCheck::from_fn(|check| (points[check], calibrations[check])),
        cropped: CroppedRule::Ignored,
        colourless: ColourlessRule::Ignored,
    }
}

/// Decodes an image and looks at it on a thread that measures. `None` when the work panicked, or the
/// threads were stopped.
pub(super) async fn inspect<T: Send + 'static>(
    permit: Permit,
    bytes: Vec<u8>,
    limits: DecodeLimits,
    work: impl FnOnce(&[u8], &Image) -> T + Send + 'static,
) -> Option<Result<T, ImageError>> {
    let (sender, receiver) = oneshot::channel();
    let work = move |_: &_| {
        let image = Image::decode(&bytes, &limits)?;
        Ok(work(&bytes, &image))
    };
    // Nobody listens any more only when the process ends.
    let interest = permit.run(work, move |found| drop(sender.send(found)));
    let found = receiver.await.ok();
    drop(interest);
    found
}

pub fn find(
    engine: &DocumentEngine,
    faces: Option<&FaceEngine>,
    bytes: &[u8],
    image: &Image,
    request: DocumentRequest,
) -> DocumentFindings {
    let request = match faces {
        Some(faces) => with_portraits(request, faces, image),
        None => request,
    };
    engine.check_decoded(bytes, image, &request)
}

/// One of the checks, and what the record says of it.
pub enum CheckMade<'a> {
    NotAsked,
    /// The image does not let anybody measure it.
    NotChecked(&'a CheckVerdict),
    Judged(Judgement, &'a CheckVerdict),
}

/// The checks in the order of the protocol.
pub fn made_checks(
    verdict: &DocumentVerdict,
) -> [(DocumentCheck, CheckMade<'_>); DocumentCheck::COUNT] {
    DocumentCheck::ALL.map(|check| {
        let made = match &verdict.results[check] {
            None => CheckMade::NotAsked,
            Some(result) => match result.judgement {
                Some(judgement) => CheckMade::Judged(judgement, result),
                None => CheckMade::NotChecked(result),
            },
        };
        (check, made)
    })
}
