//! What is kept of a comparison of two faces: a field of registrations.

use verax_query::{Field, Member, MemberKind};

use super::fields::{json, member, on_devices};

pub(super) const fn face_comparison() -> Field {
    json(
        "compareFaceVerification",
        "compare_face_verification",
        COMPARISON,
        "Whether the enrolled face is the one on the document; kept for a while. `scale` is the edition of \
         the scale of the scores, `faces` where both stand on the images that are stored, in pixels of the \
         upright image.",
    )
    .on_retrieve()
    .on_devices()
}

const COMPARISON: &[Member] = &[
    on_devices(member(
        "result",
        MemberKind::Object(&[
            member("score", MemberKind::Score),
            on_devices(member("passed", MemberKind::Bool)),
            on_devices(member("compare_min_score", MemberKind::Score)),
        ]),
    )),
    on_devices(member("comparedAt", MemberKind::Text)),
    member("model", MemberKind::Text),
    member("scale", MemberKind::Text),
    member("faces", MemberKind::Object(FACES)),
];

const FACES: &[Member] = &[
    Member { nullable: true, ..member("selfie", MemberKind::Object(FACE_PLACE)) },
    Member { nullable: true, ..member("document", MemberKind::Object(FACE_PLACE)) },
];

/// A face on the stored image of a record: its box, and the person's right eye, left eye, nose, right and left
/// corner of the mouth.
const FACE_PLACE: &[Member] = &[
    member("resource", MemberKind::Text),
    member("_id", MemberKind::Text),
    member("width", MemberKind::Number),
    member("height", MemberKind::Number),
    member("box", MemberKind::Object(BOX)),
    member("points", MemberKind::Any),
];

const BOX: &[Member] = &[
    member("x", MemberKind::Number),
    member("y", MemberKind::Number),
    member("width", MemberKind::Number),
    member("height", MemberKind::Number),
];
