//! What readers get: figures as of any point and what changed since, vintages, coverage, comparisons and news.
//!
//! What lives here: which vintages a reader sees, what of them, and how that travels. What must not: who may do
//! what (`rights`), which cells are hidden (`mask`), and gRPC.

use std::sync::Arc;

use mighub::v1::{self, ErrorReason};

use super::{Hub, Moment, Principal, Refusal};

/// Figures of a dataflow, message by message.
pub struct Pull {
    _hub: Arc<Hub>,
}
/// A comparison, message by message.
pub struct Diff {
    _hub: Arc<Hub>,
}
/// Tells what a reader sees differently.
pub struct VintageWatch {
    _hub: Arc<Hub>,
}

impl Iterator for Pull {
    type Item = Result<v1::PullResponse, Refusal>;
    fn next(&mut self) -> Option<Self::Item> {
        None
    }
}
impl Iterator for Diff {
    type Item = Result<v1::DiffVintagesResponse, Refusal>;
    fn next(&mut self) -> Option<Self::Item> {
        None
    }
}
impl VintageWatch {
    /// What happened since.
    pub fn poll(&mut self, _now: Moment) -> Result<Vec<v1::VintageEvent>, Refusal> {
        Ok(Vec::new())
    }
    /// When something happens by itself.
    pub fn next_release(&self) -> Option<Moment> {
        None
    }
}

impl Hub {
    /// RetrievalService.Pull.
    pub fn pull(self: &Arc<Self>, _: &Principal, _: v1::PullRequest, _: Moment) -> Result<Pull, Refusal> {
        Err(Refusal::new(ErrorReason::NotOffered, "soon"))
    }
    /// RetrievalService.DiffVintages.
    pub fn diff_vintages(self: &Arc<Self>, _: &Principal, _: v1::DiffVintagesRequest, _: Moment) -> Result<Diff, Refusal> {
        Err(Refusal::new(ErrorReason::NotOffered, "soon"))
    }
    /// RetrievalService.WatchVintages.
    pub fn watch_vintages(self: &Arc<Self>, _: &Principal, _: &v1::WatchVintagesRequest, _: Moment) -> Result<VintageWatch, Refusal> {
        Err(Refusal::new(ErrorReason::NotOffered, "soon"))
    }
    /// RetrievalService.ListVintages.
    pub fn list_vintages(&self, _: &Principal, _: &v1::ListVintagesRequest, _: Moment) -> Result<v1::ListVintagesResponse, Refusal> {
        Err(Refusal::new(ErrorReason::NotOffered, "soon"))
    }
    /// RetrievalService.GetCoverage.
    pub fn get_coverage(&self, _: &Principal, _: &v1::GetCoverageRequest, _: Moment) -> Result<v1::GetCoverageResponse, Refusal> {
        Err(Refusal::new(ErrorReason::NotOffered, "soon"))
    }
}
