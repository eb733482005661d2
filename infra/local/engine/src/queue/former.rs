//! Messages as a former version kept them: each under its id, with an entry of the index for its queue and its time.

use super::record::{Message, text};
use super::{TableQueue, failed, put, values};
use std::collections::HashMap;
use tenon_platform::error::Result;
use tenon_platform::queue::QueueName;
use tenon_platform::table::INDEX;
use tenon_platform::table::engine::{Change, Changed, Item, Wanted};

/// Messages that are looked at in one go.
const TOGETHER: u32 = 40;

impl TableQueue {
    /// Brings messages of these queues to where they are kept now, each by a transaction; returns how many it were.
    pub(crate) async fn bring_over(&self, queues: Vec<String>) -> Result<usize> {
        let mut brought = 0;
        for queue in queues.into_iter().map(QueueName::new) {
            loop {
                let some = self.former(&queue).await?;
                if some.is_empty() {
                    break;
                }
                for item in some {
                    self.transact(&queue, "bring over to", over(&queue, item)?).await?;
                    brought += 1;
                }
            }
        }
        Ok(brought)
    }

    async fn former(&self, queue: &QueueName) -> Result<Vec<Item>> {
        let wanted = Wanted {
            index: Some(INDEX),
            condition: "gsi1pk = :queue".to_owned(),
            values: values([(":queue", text(queue.as_str()))]),
            backwards: false,
            limit: Some(TOGETHER),
            start: None,
        };
        let found = self.engine.query(&self.table, wanted).await.map_err(|e| failed("bring over to", queue, &e))?;
        Ok(found.items)
    }
}

/// Takes a record away and puts its message where it is kept now.
fn over(queue: &QueueName, mut item: Item) -> Result<Vec<Changed>> {
    let key: Item = ["pk", "sk"].into_iter().filter_map(|name| item.remove_entry(name)).collect();
    if let Some(place) = item.remove("gsi1sk") {
        item.insert("sk".to_owned(), place);
    }
    let message = Message::read(item)?;
    let gone = Changed { change: Change::Delete(key), condition: None, names: HashMap::new(), values: Item::new() };
    Ok(vec![gone, put(message.into_item(queue))])
}
