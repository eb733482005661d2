//! Records whose time is up are taken away, as DynamoDB does by itself some time later.

use super::{Done, Prepared, Transaction, sql};

/// Records that are looked at in one go, so that others come to their turn.
const TOGETHER: i64 = 512;

impl Prepared {
    /// Takes away what expired before this second; returns how many records it was.
    pub(crate) fn sweep(&self, now_s: i64) -> Done<usize> {
        let (mut swept, mut after) = (0, Some(0));
        while let Some(row) = after {
            let (some, last) = self.sweep_some(row, now_s)?;
            swept += some;
            after = last;
            std::thread::yield_now();
        }
        Ok(swept)
    }

    /// Looks at the rows after a row; how many went, and the last that was looked at, unless there are no more.
    fn sweep_some(&self, after: i64, now_s: i64) -> Done<(usize, Option<i64>)> {
        let connection = self.to_write();
        let writing = Transaction::begin(&connection, sql::WRITING)?;
        let (mut over, mut seen, mut last) = (Vec::new(), 0, after);
        {
            let mut statement = connection.prepare_cached(&self.sql.expiring)?;
            let mut rows = statement.query((after, TOGETHER))?;
            while let Some(row) = rows.next()? {
                (seen, last) = (seen + 1, row.get(0)?);
                if row.get::<_, Option<i64>>(3)?.is_some_and(|at| (0..now_s).contains(&at)) {
                    over.push((last, row.get::<_, String>(1)?, row.get::<_, String>(2)?));
                }
            }
        }
        for (row, pk, sk) in &over {
            connection.prepare_cached(&self.sql.delete)?.execute([row])?;
            connection.prepare_cached(&self.sql.leave)?.execute((pk, sk))?;
        }
        writing.commit()?;
        Ok((over.len(), (seen == TOGETHER).then_some(last)))
    }
}
