//! Where on a stored image the checks found what they name: made once, then encrypted beside the image. It goes
//! with the image, whose key opens it.

use std::sync::Arc;

use verax_domain::document_check::DocumentCheck;
use verax_domain::document_findings::ImageBox;
use verax_domain::records::document_check::{DocumentCheckRecord, StoredImage};
use verax_query::Tenant;
use verax_vision::document::{DocumentEngine, DocumentRequest, EvidenceMap, evidence};
use verax_vision::workers::Permit;

use super::DocumentCheckError;
use super::measurement::{find, inspect};
use crate::app::App;
use crate::vault::VaultError;

impl App {
    /// The stored maps of these checks, as far as they were made and a map shows something. `None` where one is
    /// not stored yet, or there is nothing to make it of.
    pub async fn stored_evidence(
        &self,
        tenant: &Tenant,
        id: &str,
        wanted: &[DocumentCheck],
    ) -> Result<Option<Vec<EvidenceMap>>, DocumentCheckError> {
        let Some(record) = self.record_with_image(tenant, id).await? else { return Ok(None) };
        let mut maps = Vec::new();
        for check in wanted.iter().copied().filter(|check| record.made[*check]) {
            let stored = match self.vault.fetch(&record.client, id, &location_of(check)).await {
                Err(VaultError::NoKey) => None,
                fetched => fetched?,
            };
            let Some(stored) = stored else { return Ok(None) };
            maps.extend(read(check, &stored));
        }
        Ok(Some(maps))
    }

    /// Makes the maps of all checks of a stored image, and stores them. `None` when the tenant has no such
    /// record, or its image was not stored.
    pub async fn make_evidence(
        &self,
        tenant: &Tenant,
        id: &str,
        (permit, engine): (Permit, Arc<DocumentEngine>),
    ) -> Result<Option<Vec<EvidenceMap>>, DocumentCheckError> {
        let Some(record) = self.record_with_image(tenant, id).await? else { return Ok(None) };
        let Some((client, image)) = self.stored_image(id).await? else { return Ok(None) };
        let request = DocumentRequest { checks: record.made, ..DocumentRequest::ALL };
        let faces = self.faces.engine();
        let maps = inspect(
            permit,
            image.to_vec(),
            self.config.now().images.decode_limits(),
            move |bytes, image| {
                evidence(&find(&engine, faces.as_deref(), bytes, image, request), image)
            },
        );
        let maps = maps.await.ok_or(DocumentCheckError::Stopped)??;
        for check in DocumentCheck::ALL.into_iter().filter(|check| record.made[*check]) {
            let map = maps.iter().find(|map| map.check == check);
            self.vault.keep(&client, id, &location_of(check), &write(map)).await?;
        }
        if self.record_with_image(tenant, id).await?.is_none() {
            // Deleted meanwhile: what was stored since is nobody's.
            self.vault.destroy(&client, id).await?;
            return Ok(None);
        }
        Ok(Some(maps))
    }

    async fn record_with_image(
        &self,
        tenant: &Tenant,
        id: &str,
    ) -> Result<Option<DocumentCheckRecord>, DocumentCheckError> {
        let record = self.document_record(tenant, id).await?;
        Ok(record.filter(|record| record.image == StoredImage::Here))
    }
}

/// Where the vault has the map of a check.
fn location_of(check: DocumentCheck) -> String {
    format!("evidence-{}", check.entry().label)
}

/// The regions as a line of JSON, then the PNG. Of a check that nothing shows both are empty.
fn write(map: Option<&EvidenceMap>) -> Vec<u8> {
    let Some(map) = map else { return Vec::new() };
    // Numbers are always JSON.
    let mut bytes = serde_json::to_vec(&map.regions).unwrap_or_default();
    bytes.push(b'\n');
    bytes.extend_from_slice(&map.png);
    bytes
}

fn read(check: DocumentCheck, stored: &[u8]) -> Option<EvidenceMap> {
    let end = stored.iter().position(|byte| *byte == b'\n')?;
    let (regions, png) = stored.split_at(end);
    let regions: Vec<ImageBox> = serde_json::from_slice(regions).ok()?;
    Some(EvidenceMap { check, regions, png: png[1..].to_vec() })
}
