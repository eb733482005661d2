//! What PostgreSQL and MySQL are told in the same way.

/// The calls of an engine with a pool of connections, whose rows go by its `put`.
macro_rules! calls_of_a_server {
    ($engine:ident, $row:ty) => {
        impl $engine {
            pub async fn rows(&self, sql: String, values: Vec<Cell>) -> Result<Vec<Vec<Cell>>> {
                let mut query = sqlx::query(AssertSqlSafe(sql));
                for value in values {
                    query = query.bind(value);
                }
                let rows = query.fetch_all(&self.pool).await.map_err(of_sqlx)?;
                rows.iter().map(cells).collect()
            }

            /// In a transaction that can only read, and never ends by being kept.
            pub async fn query(
                &self,
                sql: &str,
                values: Vec<Cell>,
                most: usize,
            ) -> Result<(Vec<String>, Vec<Vec<Cell>>)> {
                let mut transaction = self.pool.begin_with(READ_ONLY).await.map_err(of_sqlx)?;
                let prepared =
                    (&mut *transaction).prepare(AssertSqlSafe(sql.to_owned()).into_sql_str()).await.map_err(of_sqlx)?;
                let names: Vec<String> =
                    prepared.columns().iter().map(|column| sqlx::Column::name(column).to_owned()).collect();
                let shown: Vec<String> =
                    names.iter().map(|name| as_text(DIALECT, &format!("q.{}", DIALECT.name(name)))).collect();
                let wrapped =
                    format!("SELECT {} FROM (\n{sql}\n) AS q LIMIT {}", shown.join(", "), most.saturating_add(1));
                let mut query = sqlx::query(AssertSqlSafe(wrapped));
                for value in values {
                    query = query.bind(value);
                }
                let rows = query.fetch_all(&mut *transaction).await.map_err(of_sqlx)?;
                transaction.rollback().await.map_err(of_sqlx)?;
                Ok((names, rows.iter().map(cells).collect::<Result<_>>()?))
            }

            pub async fn transact(&self, statements: Vec<Statement>, watching: &Watching) -> Result<Outcome> {
                let mut transaction = self.pool.begin().await.map_err(of_sqlx)?;
                let mut found = 0;
                for statement in statements {
                    watching.see(Seen::Before)?;
                    match statement {
                        Statement::Plain { sql, values, needs_row } => {
                            let mut query = sqlx::query(AssertSqlSafe(sql));
                            for value in values {
                                query = query.bind(value);
                            }
                            let changed = query.execute(&mut *transaction).await.map_err(of_sqlx)?.rows_affected();
                            if needs_row && changed == 0 {
                                transaction.rollback().await.map_err(of_sqlx)?;
                                return Ok(Outcome::Lost);
                            }
                            found += changed;
                        }
                        Statement::Upsert(upsert) => put(&mut transaction, upsert).await?,
                    }
                    watching.see(Seen::After)?;
                }
                watching.see(Seen::Before)?;
                transaction.commit().await.map_err(of_sqlx)?;
                watching.see(Seen::After)?;
                Ok(Outcome::Done(found))
            }

            pub async fn close(&self) {
                self.pool.close().await;
            }
        }

        fn cells(row: &$row) -> Result<Vec<Cell>> {
            (0..row.len()).map(|at| row.try_get::<Cell, usize>(at).map_err(of_sqlx)).collect()
        }
    };
}

pub(crate) use calls_of_a_server;
