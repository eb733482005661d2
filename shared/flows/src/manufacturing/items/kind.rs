//! Flows of items as a kind of flow: what has changed is found by the next look.

use super::{compare, find, way};
use crate::manufacturing::kind::polled;
use tenon_model::config::MesItemsFlow;
use tenon_model::manufacturing::ItemWork;

polled!(MesItemsFlow, ItemWork, erp);
