//! From what was read of a record to the row that is sent.

use super::reading::Reading;
use super::work::{Piece, Work};
use crate::map::{self, Columns, MappedRow};
use tenon_connectors::base_data::{Detail, Found, Row};
use tenon_crypto::digest::sha256_hex;
use tenon_model::base_data::Record;
use tenon_model::config::BaseDataFlow;
use tenon_platform::{Error, ErrorKind, Result};

/// A row to be sent.
pub struct Outgoing {
    pub row: Row,
    /// Fingerprint of its detail tables.
    pub details: Option<String>,
}

/// The columns of a record.
///
/// # Errors
/// `flow.mapping` with everything that does not fit.
pub fn mapped(flow: &BaseDataFlow, reading: &Reading) -> Result<MappedRow> {
    map::row(&flow.form.fields, &flow.form.tables, &reading.fields)
        .map_err(|problems| Error::permanent("flow.mapping", map::join(&problems)))
}

/// The text by which a record's row is known: its key as it is mapped.
pub fn key_of(flow: &BaseDataFlow, mapped: &MappedRow) -> Option<(String, String)> {
    let column = &flow.key_field()?.to;
    let text = mapped.columns.iter().find(|(name, _)| name == column).map(|(_, text)| text.clone())?;
    (!text.is_empty()).then(|| (column.clone(), text))
}

impl Work<'_> {
    /// The row of a record, with the detail rows that it has at the other system already.
    pub async fn outgoing(&self, piece: &mut Piece<'_>) -> Result<Outgoing> {
        let (Some(reading), Some(held)) = (&piece.reading, &piece.held) else {
            return Err(Error::transient("flow.lost", "the record is not in hand"));
        };
        let mapped = mapped(self.flow, reading)?;
        let details = fingerprint(&mapped);
        let tables = self.details(&held.record, &mapped, details.as_deref()).await?.unwrap_or_default();
        Ok(Outgoing { row: Row { id: held.record.row.clone(), columns: mapped.columns, details: tables }, details })
    }

    /// The rows of detail tables; `None` when the other system has them as they are. A row that is made has none
    /// yet; one that is changed has those of before, which are taken place by place.
    async fn details(
        &self,
        record: &Record,
        mapped: &MappedRow,
        fingerprint: Option<&str>,
    ) -> Result<Option<Vec<(String, Vec<Detail>)>>> {
        let Some(id) = record.row.as_deref().filter(|_| !mapped.details.is_empty()) else {
            return Ok(Some(mapped.details.iter().map(|(table, rows)| (table.clone(), taken(rows, &[]))).collect()));
        };
        if record.details.is_some() && record.details.as_deref() == fingerprint {
            return Ok(None);
        }
        let (column, text) = key_of(self.flow, mapped).ok_or_else(no_key)?;
        let found = self.target.find(self.listing(), &column, &text).await.map_err(no_details)?;
        let row: &Found = found.iter().find(|row| row.id == id).ok_or_else(|| {
            let message = format!("row {id} is not listed with {column} {text}, so its detail rows are not known");
            Error::permanent("flow.row-unclear", message)
        })?;
        let known = |table: &str| {
            row.details.iter().find(|(name, _)| name.eq_ignore_ascii_case(table)).map(|(_, ids)| ids.as_slice())
        };
        let tables =
            mapped.details.iter().map(|(table, rows)| (table.clone(), taken(rows, known(table).unwrap_or(&[]))));
        Ok(Some(tables.collect()))
    }
}

/// Rows of a detail table in the places of those that are there; what is left of those goes.
fn taken(rows: &[Columns], ids: &[String]) -> Vec<Detail> {
    let kept = rows.iter().enumerate().map(|(place, columns)| Detail {
        id: ids.get(place).cloned(),
        is_removed: false,
        columns: columns.clone(),
    });
    let removed =
        ids.iter().skip(rows.len()).map(|id| Detail { id: Some(id.clone()), is_removed: true, columns: Vec::new() });
    kept.chain(removed).collect()
}

fn fingerprint(mapped: &MappedRow) -> Option<String> {
    let text = serde_json::to_vec(&mapped.details).ok()?;
    (!mapped.details.is_empty()).then(|| sha256_hex(&text))
}

/// That a record's key is empty.
pub fn no_key() -> Error {
    Error::permanent("flow.row-unclear", "the record's key is mapped to an empty text, so its row cannot be looked for")
}

fn no_details(error: Error) -> Error {
    if !matches!(error.kind(), ErrorKind::Refused | ErrorKind::Unintelligible) {
        return error;
    }
    let message = format!(
        "the rows of its detail tables have changed, and those that are there cannot be listed ({error}), so they would \
         be doubled; name the interface that lists rows in form.look_up"
    );
    error.renamed("flow.row-unclear", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn detail_rows_take_the_places_of_those_that_are_there() {
        let columns = |text: &str| vec![("a".to_owned(), text.to_owned())];
        let ids = ["7".to_owned(), "8".to_owned()];
        let of = |rows: &[Columns], ids: &[String]| {
            taken(rows, ids).into_iter().map(|d| (d.id, d.is_removed, d.columns.len())).collect::<Vec<_>>()
        };
        let id = |text: &str| Some(text.to_owned());
        assert_eq!(of(&[columns("x")], &ids), [(id("7"), false, 1), (id("8"), true, 0)]);
        assert_eq!(of(&[columns("x"), columns("y")], &ids[..1]), [(id("7"), false, 1), (None, false, 1)]);
    }
}
