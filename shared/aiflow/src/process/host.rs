//! What lies around a process: the people of its enterprise, and what follows from each of its steps.

use super::follow::Following;
use super::who::Enterprise;
use async_trait::async_trait;
use std::sync::Arc;
use tenon_model::TenantId;
use tenon_model::config::{AiflowApp, ProcessSettings};
use tenon_platform::config_store::Loaded;
use tenon_platform::{Context, Result};
use tenon_process::store::{Followed, Moved, ProcessHost};
use tenon_process::{Answers, Question};

/// What lies around the processes of a tenant.
pub struct TenantHost {
    tenant: TenantId,
    loaded: Arc<Loaded>,
    /// Where people's pages are, where they can sign in.
    pub(super) pages: Option<String>,
}

impl TenantHost {
    /// By the configuration.
    ///
    /// # Errors
    /// Those of the table.
    pub async fn new(ctx: &Context, tenant: &TenantId) -> Result<Self> {
        let loaded = ctx.config.load(&TenantId::operator()).await?;
        let sso = loaded.sso().ok().flatten();
        let pages = sso.filter(|sso| sso.enabled).map(|sso| sso.public_url.trim_end_matches('/').to_owned());
        Ok(Self { tenant: tenant.clone(), loaded, pages })
    }

    /// The app of an enterprise: its settings count, and its secret signs.
    pub fn app(&self, enterprise: &str) -> Option<&AiflowApp> {
        let own = |app: &&AiflowApp| app.enterprise_code == enterprise && app.tenant() == self.tenant;
        let apps = || self.loaded.aiflow_apps().iter().filter(own);
        apps().find(|app| !app.process.is_default()).or_else(|| apps().next())
    }

    /// How the processes of an enterprise run.
    pub fn settings(&self, enterprise: &str) -> ProcessSettings {
        self.app(enterprise).map(|app| app.process.clone()).unwrap_or_default()
    }
}

#[async_trait]
impl ProcessHost for TenantHost {
    async fn people(
        &self,
        ctx: &Context,
        tenant: &TenantId,
        enterprise: &str,
        questions: &[Question],
    ) -> Result<Answers> {
        Enterprise::new(ctx, tenant, enterprise, self.app(enterprise)).answers(questions).await
    }

    fn follow(&self, ctx: &Context, tenant: &TenantId, moved: &Moved<'_>) -> Result<Followed> {
        Following { ctx, tenant, host: self, moved }.all()
    }

    fn urge_every_ms(&self, enterprise: &str) -> i64 {
        i64::try_from(self.settings(enterprise).urge_every.as_millis()).unwrap_or(i64::MAX)
    }
}
