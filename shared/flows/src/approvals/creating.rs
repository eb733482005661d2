//! Creates that this process has under way, and who waits for one of them: the OA may tell of an instance before it has
//! answered the create that made it, or before that answer is stored.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tenon_model::{ConnectionId, InstanceId, TenantId};
use tenon_platform::Context;
use tokio::sync::watch;

/// How long an instance is waited for.
const MAX_WAIT: Duration = Duration::from_secs(1);

/// An OA of a tenant.
type Oa = (TenantId, ConnectionId);

#[derive(Default)]
struct Creates(Mutex<HashMap<Oa, UnderWay>>);

/// The creates at one OA.
#[derive(Default)]
struct UnderWay {
    creates: usize,
    /// Instances that somebody waits for; each sender is dropped when the waiting is over.
    awaited: HashMap<InstanceId, watch::Sender<()>>,
}

impl Creates {
    fn begin(self: Arc<Self>, oa: Oa) -> Creating {
        self.lock().entry(oa.clone()).or_default().creates += 1;
        Creating { creates: self, oa }
    }

    fn awaited(self: Arc<Self>, oa: Oa, instance: &InstanceId) -> Option<Awaited> {
        let end = {
            let mut all = self.lock();
            let awaited = &mut all.get_mut(&oa)?.awaited;
            awaited.entry(instance.clone()).or_insert_with(|| watch::Sender::new(())).subscribe()
        };
        Some(Awaited { creates: self, oa, instance: instance.clone(), end })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Oa, UnderWay>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A create under way, until it is dropped.
pub struct Creating {
    creates: Arc<Creates>,
    oa: Oa,
}

impl Creating {
    /// A create is about to be sent.
    pub fn begin(ctx: &Context, tenant: &TenantId, oa: &ConnectionId) -> Self {
        ctx.extensions.get_or_init::<Creates>().begin((tenant.clone(), oa.clone()))
    }

    /// Which link the instance belongs to is stored.
    pub fn stored(&self, instance: &InstanceId) {
        if let Some(under_way) = self.creates.lock().get_mut(&self.oa) {
            under_way.awaited.remove(instance);
        }
    }
}

impl Drop for Creating {
    fn drop(&mut self) {
        let mut all = self.creates.lock();
        if let Some(under_way) = all.get_mut(&self.oa) {
            under_way.creates -= 1;
            if under_way.creates == 0 {
                // Nobody waits for what nobody makes.
                all.remove(&self.oa);
            }
        }
    }
}

/// An instance that a create under way here may make.
pub struct Awaited {
    creates: Arc<Creates>,
    oa: Oa,
    instance: InstanceId,
    end: watch::Receiver<()>,
}

impl Awaited {
    /// Waits until it is stored which link the instance belongs to, until no create is under way, or for a while.
    pub async fn stored(mut self) {
        // Nothing is ever sent: the sender is dropped. What came of it is read.
        let _ = tokio::time::timeout(MAX_WAIT, self.end.changed()).await;
    }
}

impl Drop for Awaited {
    fn drop(&mut self) {
        let mut all = self.creates.lock();
        if let Some(under_way) = all.get_mut(&self.oa)
            && under_way.awaited.get(&self.instance).is_some_and(|end| end.receiver_count() <= 1)
        {
            under_way.awaited.remove(&self.instance);
        }
    }
}

/// To be asked for before it is read which link an instance belongs to. `None` when no create is under way here, so that
/// there is nothing to wait for.
pub fn awaited(ctx: &Context, tenant: &TenantId, oa: &ConnectionId, instance: &InstanceId) -> Option<Awaited> {
    ctx.extensions.get_or_init::<Creates>().awaited((tenant.clone(), oa.clone()), instance)
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    fn oa(name: &str) -> Oa {
        (TenantId::operator(), ConnectionId::new(name))
    }

    #[tokio::test]
    async fn an_instance_is_waited_for_while_a_create_is_under_way_and_no_longer() {
        let creates: Arc<Creates> = Arc::default();
        let awaited = |of: &str, instance: &str| Arc::clone(&creates).awaited(oa(of), &InstanceId::new(instance));
        assert!(awaited("ding", "i-1").is_none(), "nobody makes anything");
        let (first, second) = (Arc::clone(&creates).begin(oa("ding")), Arc::clone(&creates).begin(oa("ding")));
        assert!(awaited("wecom", "i-1").is_none(), "another OA");

        let mut waiting = Box::pin(awaited("ding", "i-1").unwrap().stored());
        let mut another = Box::pin(awaited("ding", "i-2").unwrap().stored());
        assert!(waiting.as_mut().now_or_never().is_none());
        first.stored(&InstanceId::new("i-1"));
        assert!(waiting.as_mut().now_or_never().is_some(), "it is stored");
        drop(first);
        assert!(another.as_mut().now_or_never().is_none(), "it may be the second's");
        drop(second);
        assert!(another.as_mut().now_or_never().is_some(), "nobody makes it any more");
    }

    #[test]
    fn nothing_is_kept_of_those_who_did_not_wait() {
        let creates: Arc<Creates> = Arc::default();
        let _creating = Arc::clone(&creates).begin(oa("ding"));
        let awaited = || Arc::clone(&creates).awaited(oa("ding"), &InstanceId::new("i-1"));
        let kept = || creates.lock().values().map(|under_way| under_way.awaited.len()).sum::<usize>();
        let (one, other) = (awaited(), awaited());
        drop(one);
        assert_eq!(kept(), 1, "the other still waits");
        drop(other);
        assert_eq!(kept(), 0);
    }
}
