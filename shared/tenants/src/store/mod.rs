//! The app store: four modules that a tenant tries for some days once, or buys for a month, a year or
//! for good.
//!
//! A trial or a first purchase makes a tenant app and shows its key and secret once. What belongs
//! together is stored in one transaction, so that an interruption leaves all of it or none. Nothing
//! runs when a subscription ends: its state is read off its end time, and an app carries that time
//! itself.

mod activate;
mod app_ref;
mod cancel;
mod catalogue;
mod earlier;
mod keys;
mod numbers;
mod orders;
mod period;
mod purchase;
mod records;
mod subscriptions;
mod trial;

pub use activate::{Activated, activate};
pub use app_ref::AppRef;
pub use cancel::cancel;
pub use catalogue::{Edit, Listed, edit, product, products};
pub use earlier::index_earlier;
pub use orders::{Page as OrderPage, Wanted as WantedOrders, page as orders};
pub use purchase::{NewOrder, create as create_order};
pub use records::{
    Contact, Invoice, Order, OrderKind, OrderState, PaidBefore, Payment, Product, Subscription, SubscriptionState,
    Term, TrialMark,
};
pub(crate) use subscriptions::touch;
pub use subscriptions::{all as subscriptions, ending_from, live, one as subscription};
pub use trial::{Started, Status as TrialStatus, start as start_trial, status as trial_status};

use tenon_platform::table::RecordKind;

/// The kinds of records of the store.
pub(crate) const KINDS: [RecordKind; 6] = [
    earlier::KIND,
    RecordKind::of::<Order>("STORE-ORDER"),
    RecordKind::of::<Payment>("STORE-PAYMENT"),
    RecordKind::of::<Product>("STORE-PRODUCT"),
    RecordKind::of::<Subscription>("STORE-SUBSCRIPTION"),
    RecordKind::of::<TrialMark>("STORE-TRIAL"),
];
