//! What every engine does, tried on each.

use tenon_databases::{
    Cell, Column, ColumnKind, Db, Deletion, Dialect, FoundColumn, MARKER, NewTable, Outcome, Statement, Upsert,
};
use tenon_platform::ErrorKind;
use tenon_testkit::databases::{self as servers, DatabaseFixture};

fn cell(text: &str) -> Cell {
    Some(text.to_owned())
}

fn column(name: &str, kind: ColumnKind) -> Column {
    Column { name: name.to_owned(), kind, comment: format!("列 {name} */ ' \\ \" `") }
}

/// Names that would end where they should not, if they were not quoted.
const ODD: &str = "odd\"`'; DROP TABLE x; --]列";

fn table(name: &str, run: &str) -> NewTable {
    NewTable {
        name: name.to_owned(),
        columns: vec![
            column("FID", ColumnKind::Integer),
            column("FQty", ColumnKind::Decimal),
            column("FDate", ColumnKind::Time),
            column(ODD, ColumnKind::Text),
        ],
        key: vec!["FID".to_owned()],
        comment: format!("{MARKER}; run {run}; 销售订单 */ ' \\"),
    }
}

async fn put(db: &Db, name: &str, rows: Vec<Vec<Cell>>) -> tenon_platform::Result<Outcome> {
    let columns = db.describe(name).await.unwrap().unwrap().columns;
    let columns: Vec<FoundColumn> = columns.into_iter().take(4).collect();
    let upsert = Upsert { table: name.to_owned(), columns, key: vec!["FID".to_owned()], rows };
    db.transact(vec![Statement::Upsert(upsert)]).await
}

fn row(id: i64, quantity: &str, text: &str) -> Vec<Cell> {
    vec![cell(&id.to_string()), cell(quantity), cell("2026-11-02 08:30:15"), cell(text)]
}

async fn texts(db: &Db, name: &str) -> Vec<(String, String)> {
    let d = db.dialect();
    let sql =
        format!("SELECT {}, {} FROM {} AS t ORDER BY t.{}", shown(d, "FID"), d.name(ODD), d.name(name), d.name("FID"));
    let rows = db.rows(sql, Vec::new()).await.unwrap();
    rows.into_iter().map(|row| (row[0].clone().unwrap(), row[1].clone().unwrap_or_default())).collect()
}

fn shown(dialect: Dialect, name: &str) -> String {
    let name = dialect.name(name);
    match dialect {
        Dialect::Postgres => format!("{name}::text"),
        Dialect::Mysql => format!("CAST({name} AS CHAR)"),
        Dialect::Sqlite => name,
    }
}

async fn exec(db: &Db, sql: String) {
    db.transact(vec![Statement::plain(sql, Vec::new())]).await.unwrap();
}

async fn rows_and_names(db: &Db) {
    db.create(&table("ERP_A", "r-1")).await.unwrap();
    let found = db.describe("ERP_A").await.unwrap().unwrap();
    assert!(
        found.is_ours() && found.comment.contains("run r-1;") && found.comment.contains("销售订单"),
        "{}",
        found.comment
    );
    assert_eq!(
        found.columns.iter().map(|c| (c.name.as_str(), c.kind)).collect::<Vec<_>>(),
        [
            ("FID", ColumnKind::Integer),
            ("FQty", ColumnKind::Decimal),
            ("FDate", ColumnKind::Time),
            (ODD, ColumnKind::Text)
        ]
    );
    assert!(found.is_unique(&["fid".to_owned()]) && !found.is_unique(&["FQty".to_owned()]));
    assert_eq!(db.describe("ERP_NONE").await.unwrap(), None);
    let evil = "'; DROP TABLE ERP_A; -- \\ \" 长😀";
    let many: Vec<Vec<Cell>> = (1..=1_203).map(|id| row(id, "1.5", evil)).collect();
    put(db, "ERP_A", many).await.unwrap();
    // What comes twice in one page is there as it came last.
    put(
        db,
        "ERP_A",
        vec![row(7, "1", "first"), row(7, "12345678901234567.8901", "last"), row(1_300, "-0.000001", "new")],
    )
    .await
    .unwrap();
    assert_eq!(db.count("ERP_A").await.unwrap(), 1_204);
    let all = texts(db, "ERP_A").await;
    assert_eq!((all[6].1.as_str(), all[7].1.as_str()), ("last", evil));
    // Every digit of a decimal is kept.
    let d = db.dialect();
    let sql = format!(
        "SELECT {} FROM {} WHERE {} IN (7, 1300) ORDER BY {}",
        shown(d, "FQty"),
        d.name("ERP_A"),
        d.name("FID"),
        d.name("FID")
    );
    let kept = db.rows(sql, Vec::new()).await.unwrap();
    let plain = |text: &Cell| text.clone().unwrap().trim_end_matches('0').to_owned();
    assert_eq!(plain(&kept[0][0]), "12345678901234567.8901");
    assert!(["-0.000001", "-1e-6", "-1e-06"].contains(&plain(&kept[1][0]).as_str()), "{kept:?}");
    let keys = db.keys_after("ERP_A", &found.columns[..1], Some(&[cell("1202")]), 10).await.unwrap();
    assert_eq!(keys, [[cell("1203")], [cell("1300")]]);
    let within = db.keys_within("ERP_A", &found.columns[..1], &[cell("5"), cell("5000")]).await.unwrap();
    assert_eq!(within, [[cell("5")]]);
    let gone = Deletion {
        table: "ERP_A".into(),
        key: found.columns[..1].to_vec(),
        keys: (1..=1_203).map(|id| vec![cell(&id.to_string())]).collect(),
    };
    db.transact(gone.statements(d)).await.unwrap();
    assert_eq!(texts(db, "ERP_A").await, [("1300".to_owned(), "new".to_owned())]);
}

async fn all_or_nothing(db: &Db) {
    db.create(&table("ERP_B", "r-1")).await.unwrap();
    let columns = db.describe("ERP_B").await.unwrap().unwrap().columns;
    let good = Upsert { table: "ERP_B".into(), columns, key: vec!["FID".into()], rows: vec![row(1, "1", "a")] };
    let (fence, none) = db.take("ERP_B", "r-1").await.unwrap();
    assert_eq!(none, None);
    let keep = |state: &str| fence.keep(db.dialect(), state);
    assert_eq!(db.transact(vec![keep("one"), Statement::Upsert(good.clone())]).await.unwrap(), Outcome::Done(1));
    assert_eq!(db.transact(vec![keep("one")]).await.unwrap(), Outcome::Done(1), "the same again is not lost");
    let (other, state) = db.take("ERP_B", "r-1").await.unwrap();
    assert_eq!(state.as_deref(), Some("one"), "whoever goes on with the run knows how far it is");
    // Whoever was taken over from changes nothing any more.
    let late = Upsert { rows: vec![row(2, "2", "late")], ..good.clone() };
    assert_eq!(db.transact(vec![keep("two"), Statement::Upsert(late)]).await.unwrap(), Outcome::Lost);
    assert_eq!(db.count("ERP_B").await.unwrap(), 1);
    let bad = vec![
        other.keep(db.dialect(), "three"),
        Statement::Upsert(Upsert { rows: vec![row(3, "3", "c")], ..good }),
        Statement::plain("SELEKT".into(), Vec::new()),
    ];
    let error = db.transact(bad).await.unwrap_err();
    assert_eq!((error.code, error.kind()), ("database.refused", ErrorKind::Refused), "{error}");
    assert_eq!(db.count("ERP_B").await.unwrap(), 1);
    let (_, state) = db.take("ERP_B", "r-2").await.unwrap();
    assert_eq!(state, None, "another run begins anew");
}

async fn places_are_taken_in_one_step(db: &Db) {
    let d = db.dialect();
    let pairs = |new: &str| vec![(format!("ERP_C__{new}"), "ERP_C".to_owned())];
    for (new, id) in [("new", 1), ("new2", 2)] {
        db.create(&table(&format!("ERP_C__{new}"), new)).await.unwrap();
        put(db, &format!("ERP_C__{new}"), vec![row(id, "1", new)]).await.unwrap();
    }
    let (fence, _) = db.take("ERP_C", "r-1").await.unwrap();
    assert!(matches!(db.swap(&fence, "1", &pairs("new")).await.unwrap(), Outcome::Done(_)));
    let view = format!("CREATE VIEW board_c AS SELECT {} FROM {}", d.name("FID"), d.name("ERP_C"));
    exec(db, view).await;
    let swapped = db.swap(&fence, "2", &pairs("new2")).await;
    if d == Dialect::Postgres {
        let error = swapped.unwrap_err();
        assert!(error.code == "database.depended-on" && error.message.contains("board_c"), "{error}");
        assert_eq!(texts(db, "ERP_C").await[0].1, "new", "nothing was changed");
        exec(db, "DROP VIEW board_c".into()).await;
        db.swap(&fence, "2", &pairs("new2")).await.unwrap();
    } else {
        swapped.unwrap();
        assert_eq!(db.rows(format!("SELECT {} FROM board_c", shown(d, "FID")), Vec::new()).await.unwrap().len(), 1);
        exec(db, "DROP VIEW board_c".into()).await;
    }
    assert_eq!(texts(db, "ERP_C").await, [("2".to_owned(), "new2".to_owned())]);
    assert_eq!(db.describe("ERP_C__new2").await.unwrap(), None);
    assert_eq!(db.describe("ERP_C__old").await.unwrap(), None);
    // Somebody else's table is nobody's to drop, and a table taken over is nobody's to swap.
    exec(db, format!("CREATE TABLE {} (mine int)", d.name("ERP_D"))).await;
    db.create(&table("ERP_D__new", "x")).await.unwrap();
    let error = db.swap(&fence, "3", &[("ERP_D__new".into(), "ERP_D".into())]).await.unwrap_err();
    assert_eq!(error.code, "database.not-ours");
    assert_eq!(db.drop_ours("ERP_D").await.unwrap_err().code, "database.not-ours");
    let _ = db.take("ERP_C", "r-2").await.unwrap();
    db.create(&table("ERP_C__new3", "y")).await.unwrap();
    assert_eq!(db.swap(&fence, "4", &pairs("new3")).await.unwrap(), Outcome::Lost);
    assert_eq!(texts(db, "ERP_C").await[0].1, "new2");
}

async fn extras_are_listed(db: &Db) {
    let d = db.dialect();
    db.create(&table("ERP_E", "r")).await.unwrap();
    exec(db, format!("CREATE INDEX by_date ON {} ({})", d.name("ERP_E"), d.name("FDate"))).await;
    if d == Dialect::Postgres {
        exec(db, "CREATE ROLE boards".into()).await;
        exec(db, format!("GRANT SELECT ON {} TO boards", d.name("ERP_E"))).await;
    }
    let extras = db.extras("ERP_E").await.unwrap();
    assert_eq!(extras.indexes, ["by_date"]);
    assert_eq!(extras.grants, if d == Dialect::Postgres { vec!["SELECT to boards".to_owned()] } else { Vec::new() });
}

async fn questions_of_others_change_nothing(db: &Db) {
    let d = db.dialect();
    db.create(&table("ERP_F", "r")).await.unwrap();
    put(db, "ERP_F", (1..=5).map(|id| row(id, "1", "x")).collect()).await.unwrap();
    let sql = format!(
        "SELECT {} AS id, {} AS t FROM {} WHERE {} = {}",
        shown(d, "FID"),
        d.name(ODD),
        d.name("ERP_F"),
        d.name(ODD),
        d.mark(1)
    );
    let (names, rows) = db.query(&sql, vec![cell("x")], 10).await.unwrap();
    assert_eq!((names, rows.len()), (vec!["id".to_owned(), "t".to_owned()], 5));
    assert_eq!(db.query(&sql, vec![cell("x")], 4).await.unwrap_err().code, "database.too-many");
    for changing in [format!("DELETE FROM {}", d.name("ERP_F")), format!("SELECT 1; DELETE FROM {}", d.name("ERP_F"))] {
        assert!(db.query(&changing, Vec::new(), 10).await.is_err(), "{changing}");
    }
    assert_eq!(db.count("ERP_F").await.unwrap(), 5);
}

async fn everything(fixture: DatabaseFixture) {
    let db = Db::open(&fixture.database).await.unwrap();
    rows_and_names(&db).await;
    all_or_nothing(&db).await;
    places_are_taken_in_one_step(&db).await;
    extras_are_listed(&db).await;
    questions_of_others_change_nothing(&db).await;
    // A value that its column does not hold is an error, and never cut.
    let error = put(&db, "ERP_A", vec![row(1, "N/A", "x")]).await;
    assert!(db.dialect() == Dialect::Sqlite || error.is_err(), "{error:?}");
    db.close().await;
}

#[tokio::test]
async fn sqlite_does_it() {
    everything(servers::sqlite()).await;
}

#[tokio::test]
async fn postgres_does_it() {
    match servers::postgres() {
        Some(fixture) => everything(fixture).await,
        None => eprintln!("skipped: PostgreSQL is not installed; scripts/setup-databases.sh installs it"),
    }
}

#[tokio::test]
async fn mariadb_does_it() {
    match servers::mariadb() {
        Some(fixture) => everything(fixture).await,
        None => eprintln!("skipped: MariaDB is not installed; scripts/setup-databases.sh installs it"),
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_and_a_password_that_is_wrong_are_told_apart() {
    let Some(fixture) = servers::postgres() else {
        eprintln!("skipped: PostgreSQL is not installed; scripts/setup-databases.sh installs it");
        return;
    };
    let with = |change: &dyn Fn(&mut tenon_model::config::DatabaseServer)| {
        let mut database = fixture.database.clone();
        change(database.server_mut().unwrap());
        database
    };
    let wrong = with(&|server| server.password = tenon_model::config::Secret::new("wrong-password"));
    let error = Db::open(&wrong).await.unwrap().count("x").await.unwrap_err();
    assert_eq!(error.code, "database.login-refused", "{error}");
    assert!(!format!("{error:?}").contains("wrong-password"));
    let nobody = with(&|server| (server.port, server.timeout) = (Some(1), std::time::Duration::from_secs(1)));
    let error = Db::open(&nobody).await.unwrap().count("x").await.unwrap_err();
    assert_eq!(error.code, "database.unreachable", "{error}");
}
