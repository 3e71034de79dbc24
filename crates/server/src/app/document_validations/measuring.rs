//! The images of a document are read on a thread that measures.

use std::sync::Arc;

use tokio::sync::oneshot;
use verax_vision::document::DocumentEngine;
use verax_vision::workers::{Permit, Waiting};

use super::reading::{Engines, ReadSides, SideError, SideImages};
use crate::app::App;

/// What of a document is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LookedAt {
    /// What stands on it, its portrait, and whether its images are of a document.
    Everything,
    /// What stands on it.
    ValuesAlone,
}

impl App {
    /// Reads the images that came. `None` when the work panicked, or the threads were stopped, or nothing
    /// here reads documents.
    pub(super) async fn read_sides(
        &self,
        images: SideImages,
        (permit, documents): (Permit, Arc<DocumentEngine>),
        looked_at: LookedAt,
    ) -> Option<Result<ReadSides, SideError>> {
        let config = self.config.now();
        let is_whole = looked_at == LookedAt::Everything;
        let engines = Engines {
            reader: self.document_reader.loaded()?,
            documents,
            checks_images: is_whole && config.documents.check_images,
            face_engine: self.faces.engine(),
            faces: self.faces.analyser().filter(|_| is_whole),
            limits: config.images.decode_limits(),
            this_year: year_of(&self.clock.now().day_text()),
        };
        let (sender, receiver) = oneshot::channel();
        let work = move |waiting: &Waiting| engines.read(&images, waiting);
        // Nobody listens any more only when the process ends.
        let interest = permit.run(work, move |found| drop(sender.send(found)));
        let found = receiver.await.ok();
        drop(interest);
        found
    }
}

fn year_of(day: &str) -> u16 {
    day.get(..4).and_then(|year| year.parse().ok()).unwrap_or_default()
}
