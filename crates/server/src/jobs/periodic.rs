//! What a periodic job is, and the one runner of all of them.

use std::pin::Pin;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::app::App;
use crate::backup::Source;
use crate::certificate::Certificate;

/// Something that is done again and again for as long as the process runs.
pub struct PeriodicJob {
    pub name: &'static str,
    /// From the beginning of a run to that of the next; the first one begins at once, and a late one is
    /// not made up for.
    pub every: Duration,
    pub on: Nodes,
    /// So many of it run beside each other; each takes other work from its queue.
    pub lanes: fn(&Node) -> usize,
    pub run: for<'a> fn(&'a Node) -> Run<'a>,
    /// What the log says of a run that failed.
    pub failure: Failure,
}

/// One run of a job.
pub type Run<'a> = Pin<Box<dyn Future<Output = anyhow::Result<()>> + Send + 'a>>;

/// Where a job runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nodes {
    All,
    /// Where requests are served.
    Serving,
    /// Where requests are served and background work is left to others.
    ServingAlone,
    /// Where background work is done: `worker`, and `serve` without `--no-jobs`.
    Working,
}

/// How a failed run is logged; its cause comes with it.
#[derive(Clone, Copy, Debug)]
pub enum Failure {
    Error(&'static str),
    Warning(&'static str),
}

/// The process that jobs run in.
#[derive(Clone)]
pub struct Node {
    pub app: App,
    pub role: Role,
    /// What scheduled backups are made of.
    pub backup_source: Source,
    /// What connections are accepted with, where it speaks TLS.
    pub certificate: Option<Certificate>,
}

/// What a process is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// `verax serve`.
    ServesAndWorks,
    /// `verax serve --no-jobs`.
    Serves,
    /// `verax worker`.
    Works,
}

/// Jobs that were started.
pub struct Started {
    stop: watch::Sender<bool>,
    lanes: JoinSet<()>,
}

/// How long runs may go on after the process was told to end. What is cut off then is taken up by
/// another node when its lease has run out.
const DRAIN_MAX: Duration = Duration::from_secs(5);

impl Nodes {
    fn has(self, role: Role) -> bool {
        match self {
            Nodes::All => true,
            Nodes::Serving => role != Role::Works,
            Nodes::ServingAlone => role == Role::Serves,
            Nodes::Working => role != Role::Serves,
        }
    }
}

/// Starts those of these jobs that run on this node.
pub fn start(jobs: &[&'static PeriodicJob], node: &Node) -> Started {
    let (stop, stopped) = watch::channel(false);
    let mut lanes = JoinSet::new();
    for job in jobs.iter().filter(|job| job.on.has(node.role)) {
        for _ in 0..(job.lanes)(node) {
            lanes.spawn(keep_running(job, node.clone(), stopped.clone()));
        }
    }
    Started { stop, lanes }
}

impl Started {
    /// Begins no further run, and waits for those under way, for some seconds at most.
    pub async fn drain(mut self) {
        self.stop.send_replace(true);
        let all = async { while self.lanes.join_next().await.is_some() {} };
        if tokio::time::timeout(DRAIN_MAX, all).await.is_err() {
            let count = self.lanes.len();
            tracing::warn!(count, "jobs were cut off: another node takes them up");
        }
    }
}

/// One lane: runs of the job never overlap on a node.
pub const ONE: fn(&Node) -> usize = |_| 1;

async fn keep_running(job: &PeriodicJob, node: Node, mut stopped: watch::Receiver<bool>) {
    let mut tick = tokio::time::interval(job.every);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = tick.tick() => {}
            // The sender is gone where the process ends without draining.
            _ = stopped.wait_for(|stopped| *stopped) => return,
        }
        if let Err(error) = (job.run)(&node).await {
            let (name, cause) = (job.name, format!("{error:#}"));
            match job.failure {
                Failure::Error(text) => tracing::error!(job = name, cause, "{text}"),
                Failure::Warning(text) => tracing::warn!(job = name, cause, "{text}"),
            }
        }
        if *stopped.borrow() {
            return;
        }
    }
}
