//! Own threads for work on the processor: a permit first, then the work, dropped when nobody waits.

use std::any::Any;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::JoinHandle;

/// How much work is taken on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkerSettings {
    pub threads: usize,
    /// Admitted work that may wait for a thread. What comes beyond it is rejected at once.
    pub waiting_max: usize,
}

/// Every thread is busy and enough work waits already. Nothing was done; try again later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the server is at capacity; try again later")]
pub struct Overloaded;

/// The threads. Dropping it finishes what is running and drops what waits.
pub struct Workers {
    shared: Arc<Shared>,
    admitted_max: usize,
    threads: Vec<JoinHandle<()>>,
}

struct Shared {
    queue: Mutex<Queue>,
    work_came: Condvar,
    admitted: AtomicUsize,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    closed: bool,
}

type Job = Box<dyn FnOnce() + Send>;

impl Workers {
    /// Starts the threads; an error is the system's, when it has no thread to give.
    pub fn start(settings: WorkerSettings) -> std::io::Result<Workers> {
        let shared = Arc::new(Shared {
            queue: Mutex::new(Queue::default()),
            work_came: Condvar::new(),
            admitted: AtomicUsize::new(0),
        });
        let threads = settings.threads.max(1);
        let mut workers = Workers {
            shared: Arc::clone(&shared),
            admitted_max: threads + settings.waiting_max,
            threads: Vec::with_capacity(threads),
        };
        for number in 0..threads {
            let shared = Arc::clone(&shared);
            let thread = std::thread::Builder::new()
                .name(format!("vision-{number}"))
                .spawn(move || shared.work())?;
            workers.threads.push(thread);
        }
        Ok(workers)
    }

    /// A permit to have work done, or a rejection at once. Ask before reading or decoding anything.
    pub fn try_permit(&self) -> Result<Permit, Overloaded> {
        let admit = |admitted| (admitted < self.admitted_max).then_some(admitted + 1);
        self.shared
            .admitted
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, admit)
            .map(|_| Permit { shared: Arc::clone(&self.shared), _held: None })
            .map_err(|_| Overloaded)
    }

    /// Whether a permit would be rejected now. A look, not a promise: it holds nothing, so work that
    /// comes before the permit, such as reading a request, can be saved.
    pub fn is_full(&self) -> bool {
        self.admitted() >= self.admitted_max
    }

    /// Work that was handed in and waits for a thread.
    pub fn waiting(&self) -> usize {
        self.shared.lock().jobs.len()
    }

    /// Permits that are out: work that runs, waits, or is about to be handed in.
    pub fn admitted(&self) -> usize {
        self.shared.admitted.load(Ordering::Acquire)
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        let waiting = {
            let mut queue = self.shared.lock();
            queue.closed = true;
            std::mem::take(&mut queue.jobs)
        };
        drop(waiting);
        self.shared.work_came.notify_all();
        for thread in self.threads.drain(..) {
            // A worker catches the panics of its work, so there is nothing to learn here.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        // No code panics under this lock, and a queue is whole between any two of its calls.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) {
        loop {
            let mut queue = self.lock();
            let job = loop {
                if let Some(job) = queue.jobs.pop_front() {
                    break job;
                }
                if queue.closed {
                    return;
                }
                queue = self.work_came.wait(queue).unwrap_or_else(PoisonError::into_inner);
            };
            drop(queue);
            // The caller learns of a panic by never being called back: `done` is dropped with it.
            let _ = catch_unwind(AssertUnwindSafe(job));
        }
    }
}

/// The right to have one piece of work done. It is given back when the work is done or dropped.
pub struct Permit {
    shared: Arc<Shared>,
    _held: Option<Box<dyn Any + Send>>,
}

impl Permit {
    /// The same, which keeps this for as long as it is not given back.
    pub fn holding(self, held: impl Any + Send) -> Permit {
        let mut permit = self;
        permit._held = Some(Box::new(held));
        permit
    }

    /// Hands in `work`; a worker calls it and then `done` with what it made. When the returned
    /// [`Interest`] is dropped before, the work is not begun, or told so between its stages, and
    /// `done` is dropped without a call; it is so too when the work panics.
    pub fn run<T>(
        self,
        work: impl FnOnce(&Waiting) -> T + Send + 'static,
        done: impl FnOnce(T) + Send + 'static,
    ) -> Interest {
        let interest = Interest { alive: Arc::new(()) };
        let waiting = Waiting { alive: Some(Arc::downgrade(&interest.alive)) };
        let shared = Arc::clone(&self.shared);
        let job: Job = Box::new(move || {
            // Held to the end of the work, whatever the end is.
            let permit = self;
            if waiting.is_over() {
                return;
            }
            let made = work(&waiting);
            drop(permit);
            done(made);
        });
        let mut queue = shared.lock();
        if !queue.closed {
            queue.jobs.push_back(job);
        }
        drop(queue);
        shared.work_came.notify_one();
        interest
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.shared.admitted.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Says that somebody waits for the work. Dropping it abandons the work.
#[must_use = "dropping the interest abandons the work"]
#[derive(Debug)]
pub struct Interest {
    alive: Arc<()>,
}

/// Asked by the work: does anybody still wait?
#[derive(Debug, Clone)]
pub struct Waiting {
    alive: Option<Weak<()>>,
}

impl Waiting {
    /// For work that is wanted whatever happens, such as that of a command.
    pub fn always() -> Waiting {
        Waiting { alive: None }
    }

    pub fn is_over(&self) -> bool {
        self.alive.as_ref().is_some_and(|alive| alive.strong_count() == 0)
    }
}
