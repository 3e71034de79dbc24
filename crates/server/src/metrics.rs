//! Numbers for `/metrics`: what is counted as it happens, and what is polled when somebody asks.
//! `docs/monitoring.md` lists them.
//!
//! No label names a client, a person or a record: each is one of a few words that stand in this code,
//! or a route's pattern.

pub mod process;
mod words;

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{EncodeLabelSet, EncodeMetric};
use prometheus_client::metrics::TypedMetric;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Metric, Registry, Unit};
use verax_domain::records::contact_validation::Channel;
use verax_store::JobKind;

pub use self::words::{
    CheckEnd, CheckKind, CheckOutcome, Measured, MessageOutcome, RateLimit, Scarce, Score, Subject,
    TokenFailure,
};
use self::words::{OF_DOCUMENTS, Word, message, messages};

/// Cheap to clone: clones count together.
#[derive(Clone)]
pub struct Metrics {
    numbers: Arc<Numbers>,
    registry: Arc<Registry>,
}

pub struct Numbers {
    pub build: Family<Labels<2>, Gauge>,

    pub requests: Family<RequestLabels, Counter>,
    pub durations: Family<RouteLabels, Histogram>,
    pub in_flight: Gauge,
    pub errors: Family<Labels<1>, Counter>,
    pub connections: Gauge,
    pub connections_max: Gauge,
    pub bodies_bytes: Gauge,
    pub bodies_bytes_max: Gauge,
    rate_limited: Family<Labels<1>, Counter>,
    overloads: Family<Labels<1>, Counter>,
    token_failures: Family<Labels<1>, Counter>,

    checks: Family<Labels<2>, Counter>,
    document_checks: Family<Labels<2>, Counter>,
    scores: Family<Labels<1>, Histogram>,
    measurements: Family<Labels<2>, Counter>,
    pub permits_used: Gauge,
    pub permits_max: Gauge,
    pub queue_length: Gauge,
    pub models_missing: Gauge,

    pub jobs: Family<Labels<1>, Gauge>,
    pub jobs_overdue: Family<Labels<1>, Decimal>,
    pub job_attempts: Family<Labels<1>, Gauge>,
    jobs_resumed: Family<Labels<1>, Counter>,
    pub journal_lag: Decimal,
    pub journal_unnumbered: Gauge,

    messages: Family<Labels<2>, Counter>,
    webhook_attempts: Family<Labels<1>, Counter>,
    webhook_durations: Family<Labels<0>, Histogram>,
    pub webhook_deliveries: Gauge,
    pub webhook_oldest: Decimal,
    pub webhooks_paused: Gauge,
    pub webhooks_disabled: Gauge,

    pub database_up: Gauge,
    pub pool_connections: Family<Labels<2>, Gauge>,
    pub pool_max: Family<Labels<1>, Gauge>,
    pub pool_waiting: Family<Labels<1>, Gauge>,
    pub replica_lag: Family<Labels<0>, Decimal>,

    pub galleries: Gauge,
    pub gallery_templates: Gauge,
    pub gallery_templates_max: Gauge,
    pub gallery_largest: Gauge,

    pub templates_unreadable: Gauge,
    /// -1: not looked for yet.
    pub vault_orphans: Gauge,
    /// When the last scheduled backup was made, in seconds since 1970; 0: none.
    pub backup_last_success: Gauge,
    pub disk_free: Family<Labels<1>, Gauge>,
    pub disk_size: Family<Labels<1>, Gauge>,
    pub certificate_expiry: Family<Labels<0>, Gauge>,
    pub certificate_reload: Family<Labels<0>, Gauge>,
    /// How old what is not read on every request is.
    pub poll_age: Decimal,

    pub cpu: Counter<f64, AtomicU64>,
    pub resident_bytes: Gauge,
    pub virtual_bytes: Gauge,
    pub open_files: Gauge,
    pub open_files_max: Gauge,
    pub threads: Gauge,
    pub started_at: Decimal,
}

/// Names and words, all from this code.
pub type Labels<const N: usize> = [(&'static str, &'static str); N];

type Decimal = Gauge<f64, AtomicU64>;

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct RequestLabels {
    pub method: String,
    pub route: String,
    pub status: u16,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub struct RouteLabels {
    pub route: String,
}

const SECONDS: [f64; 12] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];
/// Closer where thresholds are.
const SCORES: [f64; 14] =
    [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95, 0.99, 1.0];

impl Default for Metrics {
    fn default() -> Metrics {
        let mut root = Registry::default();
        let process = &mut Register(root.sub_registry_with_prefix("process"));
        let cpu = process.of("cpu", "Processor time", Some(Unit::Seconds));
        let resident_bytes = process.of("resident_memory", "Memory in use", Some(Unit::Bytes));
        let virtual_bytes = process.of("virtual_memory", "Address space in use", Some(Unit::Bytes));
        let open_files = process.of("open_fds", "Open files, connections included", None);
        let open_files_max = process.of("max_fds", "Files that may be open", None);
        let threads = process.of("threads", "Threads", None);
        let started_at =
            process.of("start_time", "When the process began, since 1970", Some(Unit::Seconds));
        let verax = &mut Register(root.sub_registry_with_prefix("verax"));
        let numbers = Numbers {
            build: verax.of("build_info", "1; its labels say what runs", None),

            requests: verax.of("http_requests", "Requests answered", None),
            durations: verax.histograms(
                "http_request_duration",
                "Time from a request's headers to its answer's",
                Some(Unit::Seconds),
                || Histogram::new(SECONDS),
            ),
            in_flight: verax.of("http_requests_in_flight", "Requests at work", None),
            errors: verax.of("http_errors", "Answers that are errors, by code", None),
            connections: verax.of("http_connections", "Open connections", None),
            connections_max: verax.of("http_connections_max", "Connections that may be open", None),
            bodies_bytes: verax.of("request_bodies", "Request bodies in memory", Some(Unit::Bytes)),
            bodies_bytes_max: verax.of(
                "request_bodies_max",
                "Request bodies that may be in memory",
                Some(Unit::Bytes),
            ),
            rate_limited: verax.counted(
                "rate_limited_requests",
                "Requests answered 429, by the limit that was reached",
                words("limit", RateLimit::ALL),
            ),
            overloads: verax.counted(
                "overloads",
                "Requests and connections rejected, by what there was not enough of",
                words("resource", Scarce::ALL),
            ),
            token_failures: verax.counted(
                "token_failures",
                "Requests whose token was rejected, by reason",
                words("reason", TokenFailure::ALL),
            ),

            checks: verax.counted(
                "checks",
                "Checks that came to an end, by kind and outcome",
                pairs(("kind", CheckKind::ALL), ("outcome", CheckEnd::ALL)),
            ),
            document_checks: verax.counted(
                "document_checks",
                "Results of the four checks of documents",
                pairs(("check", &OF_DOCUMENTS), ("result", CheckOutcome::ALL)),
            ),
            scores: {
                let scores: Family<Labels<1>, Histogram> =
                    verax.histograms("check_score", "Scores that were measured", None, || {
                        Histogram::new(SCORES)
                    });
                for labels in words("score", Score::ALL) {
                    drop(scores.get_or_create(&labels));
                }
                scores
            },
            measurements: verax.counted(
                "measurements",
                "Measurements of faces and documents, by outcome",
                pairs(("subject", Subject::ALL), ("outcome", Measured::ALL)),
            ),
            permits_used: verax.of(
                "measuring_permits_used",
                "Calls that are measured or wait for it",
                None,
            ),
            permits_max: verax.of(
                "measuring_permits_max",
                "Calls that may be measured or wait for it",
                None,
            ),
            queue_length: verax.of(
                "measuring_queue_length",
                "Calls that wait for a thread that measures",
                None,
            ),
            models_missing: verax.of("models_missing", "Models that are not installed", None),

            jobs: verax.of("jobs", "Jobs in the database, 10000 of a kind at most", None),
            jobs_overdue: verax.of(
                "job_overdue",
                "How long ago the oldest lease ended that nobody has reclaimed",
                Some(Unit::Seconds),
            ),
            job_attempts: verax.of(
                "job_attempts_max",
                "How often the job was resumed that was resumed most often",
                None,
            ),
            jobs_resumed: verax.counted(
                "jobs_resumed",
                "Interrupted jobs that this process resumed",
                words("kind", &JobKind::OF_RECORDS),
            ),

            messages: verax.counted(
                "messages",
                "Codes and other emails handed to a mail server or a gateway, by what it said",
                messages(),
            ),
            webhook_attempts: verax.counted(
                "webhook_attempts",
                "Attempts to deliver an event to a webhook, by what became of the delivery",
                ["delivered", "failed", "dead"].map(|word| [("outcome", word)]).to_vec(),
            ),
            webhook_durations: {
                let durations: Family<Labels<0>, Histogram> = verax.histograms(
                    "webhook_attempt_duration",
                    "Time until a webhook has answered",
                    Some(Unit::Seconds),
                    || Histogram::new(SECONDS),
                );
                drop(durations.get_or_create(&[]));
                durations
            },
            webhook_deliveries: verax.of(
                "webhook_deliveries_pending",
                "Deliveries to active webhooks that have not ended, 10000 at most",
                None,
            ),
            webhook_oldest: verax.of(
                "webhook_oldest_pending",
                "Age of the oldest of these deliveries",
                Some(Unit::Seconds),
            ),
            webhooks_paused: verax.of(
                "webhooks_paused",
                "Webhooks that are not called for a while, after failures",
                None,
            ),
            webhooks_disabled: verax.of(
                "webhooks_disabled",
                "Webhooks that the server has disabled",
                None,
            ),
            journal_lag: verax.of(
                "journal_lag",
                "How long ago the oldest event happened that has no number",
                Some(Unit::Seconds),
            ),
            journal_unnumbered: verax.of(
                "journal_unnumbered",
                "Events without a number, 10000 at most",
                None,
            ),

            database_up: verax.of("database_up", "1 when the database answered last", None),
            pool_connections: verax.of(
                "database_connections",
                "Connections to the database, by pool and state",
                None,
            ),
            pool_max: verax.of(
                "database_connections_max",
                "Connections that a pool may have",
                None,
            ),
            pool_waiting: verax.of(
                "database_waiting_requests",
                "Requests that wait for a connection",
                None,
            ),
            replica_lag: verax.of(
                "replica_lag",
                "How long ago the replica had all that the primary had",
                Some(Unit::Seconds),
            ),

            galleries: verax.of("galleries", "Galleries in memory", None),
            gallery_templates: verax.of("gallery_templates", "Templates in memory", None),
            gallery_templates_max: verax.of(
                "gallery_templates_max",
                "Templates that may be in memory, and the most that one gallery may have",
                None,
            ),
            gallery_largest: verax.of(
                "gallery_largest_templates",
                "Templates of the largest gallery in memory",
                None,
            ),

            templates_unreadable: verax.of(
                "templates_unreadable",
                "Stored faces that this node could not open when it last tried, of clients in its memory",
                None,
            ),
            vault_orphans: verax.of(
                "vault_orphans",
                "Records that the vault holds keys of although they are not there; -1: not looked yet",
                None,
            ),
            backup_last_success: verax.of(
                "backup_last_success_timestamp",
                "When the last scheduled backup was made, or 0",
                Some(Unit::Seconds),
            ),
            disk_free: verax.of("disk_free", "Free space for this user", Some(Unit::Bytes)),
            disk_size: verax.of("disk_size", "Size of the file system", Some(Unit::Bytes)),
            certificate_expiry: verax.of(
                "tls_certificate_expiry_timestamp",
                "When the first certificate of the chain ends, since 1970",
                Some(Unit::Seconds),
            ),
            certificate_reload: verax.of(
                "tls_last_reload_successful",
                "0 while the certificate's files cannot be used and an earlier one is",
                None,
            ),
            poll_age: verax.of(
                "poll_age",
                "How old the polled numbers of jobs, disks and the process are",
                Some(Unit::Seconds),
            ),

            cpu,
            resident_bytes,
            virtual_bytes,
            open_files,
            open_files_max,
            threads,
            started_at,
        };
        Metrics { numbers: Arc::new(numbers), registry: Arc::new(root) }
    }
}

impl Deref for Metrics {
    type Target = Numbers;

    fn deref(&self) -> &Numbers {
        &self.numbers
    }
}

impl Metrics {
    /// The OpenMetrics text.
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a String does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

impl Numbers {
    pub fn check_ended(&self, kind: CheckKind, end: CheckEnd) {
        self.checks.get_or_create(&[("kind", kind.word()), ("outcome", end.word())]).inc();
    }

    /// The same, where nothing else than this is possible.
    pub fn check_decided(&self, kind: CheckKind, passed: bool) {
        self.check_ended(kind, if passed { CheckEnd::Passed } else { CheckEnd::Failed });
    }

    /// One of the checks of a document.
    pub fn document_check(&self, check: Score, found: CheckOutcome) {
        let labels = [("check", check.word()), ("result", found.word())];
        self.document_checks.get_or_create(&labels).inc();
    }

    pub fn score(&self, score: Score, value: f64) {
        self.scores.get_or_create(&[("score", score.word())]).observe(value);
    }

    pub fn measured(&self, subject: Subject, how: Measured) {
        let labels = [("subject", subject.word()), ("outcome", how.word())];
        self.measurements.get_or_create(&labels).inc();
    }

    pub fn overloaded(&self, resource: Scarce) {
        self.overloads.get_or_create(&[("resource", resource.word())]).inc();
    }

    pub fn rate_limited(&self, limit: RateLimit) {
        self.rate_limited.get_or_create(&[("limit", limit.word())]).inc();
    }

    pub fn token_failed(&self, reason: TokenFailure) {
        self.token_failures.get_or_create(&[("reason", reason.word())]).inc();
    }

    /// An attempt to deliver an event has ended.
    pub fn delivery_attempted(&self, outcome: &'static str, ms: u64) {
        self.webhook_attempts.get_or_create(&[("outcome", outcome)]).inc();
        self.webhook_durations.get_or_create(&[]).observe(ms as f64 / 1000.0);
    }

    pub fn message_sent(&self, channel: Channel, outcome: MessageOutcome) {
        self.messages.get_or_create(&message(channel, outcome)).inc();
    }

    pub fn jobs_resumed(&self, kind: JobKind, count: u64) {
        self.jobs_resumed.get_or_create(&[("kind", kind.word())]).inc_by(count);
    }
}

/// Where metrics are made.
struct Register<'a>(&'a mut Registry);

impl Register<'_> {
    fn of<M: Metric + Clone + Default>(&mut self, name: &str, help: &str, unit: Option<Unit>) -> M {
        let metric = M::default();
        self.add(name, help, unit, metric.clone());
        metric
    }

    /// A counter that is there, with 0, for each of these labels: who asks for its increase misses
    /// the first event otherwise.
    fn counted<const N: usize>(
        &mut self,
        name: &str,
        help: &str,
        labels: Vec<Labels<N>>,
    ) -> Family<Labels<N>, Counter> {
        let family: Family<Labels<N>, Counter> = self.of(name, help, None);
        for labels in labels {
            drop(family.get_or_create(&labels));
        }
        family
    }

    fn histograms<L>(
        &mut self,
        name: &str,
        help: &str,
        unit: Option<Unit>,
        make: fn() -> Histogram,
    ) -> Family<L, Histogram>
    where
        L: Clone + Eq + std::hash::Hash + EncodeLabelSet + std::fmt::Debug + Send + Sync + 'static,
        Family<L, Histogram>: EncodeMetric + TypedMetric,
    {
        let family = Family::new_with_constructor(make);
        self.add(name, help, unit, family.clone());
        family
    }

    fn add(&mut self, name: &str, help: &str, unit: Option<Unit>, metric: impl Metric) {
        match unit {
            Some(unit) => self.0.register_with_unit(name, help, unit, metric),
            None => self.0.register(name, help, metric),
        }
    }
}

fn words<W: Word>(name: &'static str, all: &[W]) -> Vec<Labels<1>> {
    all.iter().map(|word| [(name, word.word())]).collect()
}

fn pairs<A: Word, B: Word>(
    (name, all): (&'static str, &[A]),
    (other, others): (&'static str, &[B]),
) -> Vec<Labels<2>> {
    let with = |word: &A| {
        let word = word.word();
        others.iter().map(move |other_word| [(name, word), (other, other_word.word())])
    };
    all.iter().flat_map(with).collect()
}
