//! `GET /metrics`: what is counted as it happens, and what is polled when somebody asks.

use std::net::IpAddr;

use axum::extract::State as Extract;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};

use crate::http::error::ApiError;
use crate::http::error_codes::FORBIDDEN;
use crate::http::layers::source_address::{Peer, SourceAddress};
use crate::http::polls::poll_when_due;
use crate::http::state::State;

/// The numbers, for who may know them: one more score in a bucket tells of one person's check.
pub async fn metrics(Extract(state): Extract<State>, parts: Parts) -> Result<Response, ApiError> {
    reject_strangers(&state, &parts)?;
    read_memory(&state);
    poll_when_due(&state.app, &state.polls).await;
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, kind)], state.metrics.text()).into_response())
}

fn reject_strangers(state: &State, parts: &Parts) -> Result<(), ApiError> {
    let http = &state.app.config.now().http;
    // Only a router that is called without a socket, as in tests, has no peer.
    let Some(Peer(peer)) = parts.extensions.get().copied() else { return Ok(()) };
    let source = SourceAddress::whole(peer, &parts.headers, &http.trusted_proxies);
    let is_proxy = |address: &IpAddr| http.trusted_proxies.iter().any(|it| it.contains(address));
    let is_forwarded = |headers: &HeaderMap| {
        ["x-forwarded-for", "forwarded"].iter().any(|name| headers.contains_key(*name))
    };
    if is_forwarded(&parts.headers) && !is_proxy(&peer.to_canonical()) {
        let error = "The numbers are not for who asks through a proxy that http.trusted_proxies does \
                     not name.";
        return Err(ApiError::new(&FORBIDDEN, error));
    }
    if http.metrics_networks.iter().any(|network| network.contains(&source)) {
        return Ok(());
    }
    let error = "The numbers are for the networks of the setting http.metrics_networks alone.";
    Err(ApiError::new(&FORBIDDEN, error))
}

fn gauge(value: usize) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn read_memory(state: &State) {
    let (app, metrics) = (&state.app, &state.metrics);
    metrics.bodies_bytes.set(gauge(state.bodies.held()));
    metrics.bodies_bytes_max.set(gauge(state.bodies.max()));
    let load = app.admission.load();
    metrics.permits_used.set(gauge(load.permits.max(state.slots.held())));
    metrics.permits_max.set(gauge(app.admission.admitted_max()));
    metrics.queue_length.set(gauge(load.waiting));
    metrics.models_missing.set(gauge(app.faces.missing().len()));
    for pool in app.database_pools() {
        for (state, count) in [("used", pool.used), ("idle", pool.idle)] {
            let labels = [("pool", pool.name), ("state", state)];
            metrics.pool_connections.get_or_create(&labels).set(gauge(count));
        }
        metrics.pool_max.get_or_create(&[("pool", pool.name)]).set(gauge(pool.max));
        if let Some(waiting) = pool.waiting {
            metrics.pool_waiting.get_or_create(&[("pool", pool.name)]).set(gauge(waiting));
        }
    }
    if let Some(lag) = app.replica_lag() {
        metrics.replica_lag.get_or_create(&[]).set(lag.as_secs_f64());
    }
    metrics.vault_orphans.set(app.sweeps.orphans().unwrap_or(-1));
    let unreadable = app.galleries.templates_unreadable();
    metrics.templates_unreadable.set(i64::try_from(unreadable).unwrap_or(i64::MAX));
    let sizes = app.galleries.sizes();
    metrics.galleries.set(gauge(sizes.len()));
    metrics.gallery_templates.set(gauge(sizes.iter().sum()));
    metrics.gallery_largest.set(gauge(sizes.into_iter().max().unwrap_or(0)));
    metrics.gallery_templates_max.set(gauge(app.config.now().persons.templates_in_memory_max));
}
