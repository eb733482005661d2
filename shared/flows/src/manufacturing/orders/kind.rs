//! Flows of work orders as a kind of flow: what is not marked is found by the next look.

use super::{compare, find, way};
use crate::manufacturing::kind::polled;
use tenon_model::config::MesWorkOrdersFlow;
use tenon_model::manufacturing::OrderWork;

polled!(MesWorkOrdersFlow, OrderWork, erp);
