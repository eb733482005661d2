//! Flows of receipts as a kind of flow: what was dated back is found by the sweep.

use super::{compare, find, way};
use crate::manufacturing::kind::polled;
use tenon_model::config::ProductionReceiptsFlow;
use tenon_model::manufacturing::ReportWork;

polled!(ProductionReceiptsFlow, ReportWork, mes);
