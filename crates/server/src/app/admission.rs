//! Admission to the engines: permits for the threads that analyse images, started when first needed.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use verax_vision::document::{DocumentEngine, DocumentModels};
use verax_vision::workers::{Overloaded, Permit, WorkerSettings, Workers};

use crate::config;

/// Cheap to clone: clones share the threads.
#[derive(Clone)]
pub struct Admission {
    settings: WorkerSettings,
    /// What measures documents; none: the shipped weights without a backbone, read when first needed.
    documents: Option<Arc<DocumentEngine>>,
    running: Arc<Mutex<Option<Arc<Running>>>>,
}

struct Running {
    workers: Workers,
    documents: Arc<DocumentEngine>,
}

/// How much there is to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    pub permits: usize,
    pub waiting: usize,
}

/// Why nothing is measured.
#[derive(Debug, thiserror::Error)]
pub enum AdmissionError {
    #[error(transparent)]
    Overloaded(#[from] Overloaded),
    #[error("no thread to measure on: {0}")]
    Thread(#[from] std::io::Error),
    #[error("the shipped weights of the document checks: {0}")]
    Weights(String),
}

impl Admission {
    pub fn new(settings: &config::Vision) -> Admission {
        let threads = match settings.threads {
            0 => std::thread::available_parallelism().map_or(2, usize::from),
            threads => threads,
        };
        let settings = WorkerSettings { threads, waiting_max: settings.waiting_max };
        Admission { settings, documents: None, running: Arc::default() }
    }

    /// The same, not yet started, measuring documents with this engine.
    pub fn with_documents(self, engine: DocumentEngine) -> Admission {
        Admission { documents: Some(Arc::new(engine)), running: Arc::default(), ..self }
    }

    /// Starts the threads, if they are not at work yet.
    ///
    /// # Errors
    /// The system has no threads to give, or the weights cannot be read.
    pub fn start(&self) -> Result<(), AdmissionError> {
        self.running().map(drop)
    }

    /// A permit to have one thing measured. Ask before decoding.
    pub fn try_permit(&self) -> Result<Permit, AdmissionError> {
        Ok(self.running()?.workers.try_permit()?)
    }

    pub fn threads(&self) -> usize {
        self.settings.threads.max(1)
    }

    /// What may be measured or wait for it at once.
    pub fn admitted_max(&self) -> usize {
        self.threads() + self.settings.waiting_max
    }

    /// Permits that are out, and what waits for a thread.
    pub fn load(&self) -> Load {
        match &*self.lock() {
            Some(running) => {
                Load { permits: running.workers.admitted(), waiting: running.workers.waiting() }
            }
            None => Load::default(),
        }
    }

    /// Rejects when a permit would be rejected now: a look, not a promise.
    pub fn reject_when_full(&self) -> Result<(), Overloaded> {
        match &*self.lock() {
            Some(running) if running.workers.is_full() => Err(Overloaded),
            _ => Ok(()),
        }
    }

    /// A permit to have one image measured, and what measures documents. Ask before decoding.
    pub fn try_document_permit(&self) -> Result<(Permit, Arc<DocumentEngine>), AdmissionError> {
        let running = self.running()?;
        let permit = running.workers.try_permit()?;
        Ok((permit, Arc::clone(&running.documents)))
    }

    fn running(&self) -> Result<Arc<Running>, AdmissionError> {
        let mut running = self.lock();
        if let Some(running) = &*running {
            return Ok(Arc::clone(running));
        }
        let weights = |error: verax_vision::document::weights::WeightsError| {
            AdmissionError::Weights(error.to_string())
        };
        let documents = match &self.documents {
            Some(documents) => Arc::clone(documents),
            None => {
                let shipped = DocumentModels::shipped(None);
                Arc::new(DocumentEngine::load(shipped).map_err(weights)?)
            }
        };
        let workers = Workers::start(self.settings)?;
        let started = Arc::new(Running { workers, documents });
        *running = Some(Arc::clone(&started));
        Ok(started)
    }

    fn lock(&self) -> MutexGuard<'_, Option<Arc<Running>>> {
        // Nothing panics under this lock but reading the weights, which leaves it empty.
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
