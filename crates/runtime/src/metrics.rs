//! Prometheus metrics: one recorder for the process, rendered when somebody scrapes.
//!
//! Names are `footlight_…` with the unit last. Never a label by channel, stream or user: their number has no bound.

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

/// Renders what was recorded, in the Prometheus text format.
#[derive(Clone)]
pub struct Metrics(PrometheusHandle);

impl Metrics {
    /// Installs the process's recorder.
    ///
    /// # Errors
    /// If one is installed already.
    pub fn install() -> Result<Self, metrics_exporter_prometheus::BuildError> {
        PrometheusBuilder::new().install_recorder().map(Self)
    }
    /// The current values. Also lets histograms forget what is old: call it from time to time if nobody scrapes.
    pub fn render(&self) -> String {
        self.0.run_upkeep();
        self.0.render()
    }
}
