//! Tables that may be read, and what may stand before their names.

use crate::refusal::Refusal;

/// What a text may read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// Tables; a name may end in `*`. Empty: B1's own and the site's user tables, without those of users and settings.
    pub tables: Vec<String>,
    /// Schemas and databases that may stand before a table; `dbo` may always.
    pub schemas: Vec<String>,
    /// Functions that may be called beside the usual ones.
    pub functions: Vec<String>,
}

/// Tables of B1's that hold users, their rights and the system's settings, beside all that begin with `USR`: never among
/// the usual ones.
const KEPT_BACK: &[&str] =
    &["OUSR", "AUSR", "OADM", "SCNS", "OUGR", "OUPT", "OUDG", "OEML", "OMLS", "SSPN", "CINF", "OLIC"];
/// Columns that hold secrets, by what their names contain. Nobody reads them.
const SECRETS: &[&str] = &["PASSWORD", "PASSWD", "PASSWRD", "PWD", "SECRET"];
/// The one-row table of HANA, which every text may read.
const ONE_ROW: &str = "DUMMY";

impl Rules {
    /// Lets a table through, by its name and what stands before it.
    pub(crate) fn table(&self, parts: &[&str]) -> Result<(), Refusal> {
        let (name, before) = match parts {
            [name] => (*name, &[][..]),
            [before @ .., name] => (*name, before),
            [] => ("", &[][..]),
        };
        self.schema(before)?;
        if !self.reads(name) {
            let message = format!("表 {name} 不在允许查询的表中，未执行");
            return Err(Refusal::new("sql.table", message));
        }
        Ok(())
    }

    /// `SBODEMO."OITM"`, `dbo.OITM`, `SBODEMO.dbo.OITM`, `SBODEMO..OITM`.
    fn schema(&self, before: &[&str]) -> Result<(), Refusal> {
        let is_company = |name: &str| self.schemas.iter().any(|own| own.eq_ignore_ascii_case(name));
        let is_owner = |name: &str| name.eq_ignore_ascii_case("dbo");
        let fits = match before {
            [] => true,
            [schema] => is_company(schema) || is_owner(schema),
            [database, schema] => is_company(database) && (schema.is_empty() || is_owner(schema)),
            _ => false,
        };
        if fits {
            return Ok(());
        }
        let message = format!("不能查询其他库或架构：{}；未执行", before.join("."));
        Err(Refusal::new("sql.schema", message))
    }

    fn reads(&self, name: &str) -> bool {
        let name = name.to_ascii_uppercase();
        if name == ONE_ROW {
            return true;
        }
        if self.tables.is_empty() {
            return is_usual(&name);
        }
        self.tables.iter().any(|own| {
            let own = own.to_ascii_uppercase();
            own.strip_suffix('*')
                .map_or_else(|| own == name, |beginning| name.starts_with(beginning) && is_plain(&name))
        })
    }
}

/// B1's tables have three letters and one or two digits, or four letters and digits (`OITM`, `WOR1`, `INV12`); user
/// tables begin with `@`.
fn is_usual(name: &str) -> bool {
    if let Some(own) = name.strip_prefix('@') {
        return is_plain(own) && own.len() <= 50;
    }
    let bytes = name.as_bytes();
    let numbered = bytes.len() == 5 && bytes.iter().skip(3).all(u8::is_ascii_digit);
    let is_b1s = (bytes.len() == 4 || numbered)
        && bytes.iter().all(u8::is_ascii_alphanumeric)
        && bytes.first().is_some_and(u8::is_ascii_alphabetic);
    is_b1s && !name.starts_with("USR") && !name.starts_with("SYS") && !KEPT_BACK.contains(&name)
}

fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'@')
}

/// A common table is called as it likes, but for what is kept back: whether it or the real one is meant would hang on the
/// database's letter case.
pub(crate) fn common_table(name: &str) -> Result<(), Refusal> {
    let upper = name.to_ascii_uppercase();
    if upper.starts_with("USR") || upper.starts_with("SYS") || KEPT_BACK.contains(&upper.as_str()) {
        return Err(Refusal::new("sql.table", format!("WITH 中的名称 {name} 与系统表同名；未执行")));
    }
    Ok(())
}

/// Refuses columns that hold secrets, whatever table they are of.
pub(crate) fn column(name: &str) -> Result<(), Refusal> {
    let bytes = name.as_bytes();
    // Every column of a text comes by here, so it is looked through once and not copied.
    let is_secret = (0..bytes.len()).any(|at| {
        let rest = bytes.get(at..).unwrap_or_default();
        matches!(rest, [b'P' | b'p' | b'S' | b's', ..])
            && SECRETS
                .iter()
                .any(|secret| rest.get(..secret.len()).is_some_and(|r| r.eq_ignore_ascii_case(secret.as_bytes())))
    });
    if is_secret {
        return Err(Refusal::new("sql.column", format!("列 {name} 不能查询；未执行")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(tables: &[&str]) -> Rules {
        Rules {
            tables: tables.iter().map(|t| (*t).to_owned()).collect(),
            schemas: vec!["SBODEMO".to_owned()],
            functions: Vec::new(),
        }
    }

    #[test]
    fn a_secret_is_seen_anywhere_in_a_name_and_in_any_case() {
        for name in ["PASSWORD", "U_password2", "DbPwd", "xSecretY", "PPASSWD", "密PASSWRD码"] {
            assert_eq!(column(name).unwrap_err().code, "sql.column", "{name}");
        }
        for name in ["", "P", "PASS", "PASSWOR", "SECRE", "密码", "Supplier", "SPWR"] {
            assert_eq!(column(name), Ok(()), "{name}");
        }
        assert!(SECRETS.iter().all(|secret| secret.starts_with(['P', 'S'])), "the look for them begins so");
    }

    // R-B11
    #[test]
    fn usual_tables_are_b1s_and_the_sites_and_none_of_users() {
        let usual = rules(&[]);
        for table in ["OITM", "oBTN", "ITM1", "WOR1", "INV12", "@BIN_LABEL", "DUMMY", "OBTQ", "OIBQ"] {
            assert_eq!(usual.table(&[table]), Ok(()), "{table}");
        }
        for table in [
            "OUSR",
            "ousr",
            "USR1",
            "USR10",
            "AUSR",
            "OADM",
            "SYSOBJECTS",
            "sys",
            "TABLES",
            "M_TABLES",
            "",
            "ＯＩＴＭ",
            "OITM ",
            "@",
            "@a b",
        ] {
            assert_eq!(usual.table(&[table]).unwrap_err().code, "sql.table", "{table}");
        }
        let own = rules(&["OITM", "WOR*"]);
        assert_eq!(
            [own.table(&["WOR1"]).is_ok(), own.table(&["ITM1"]).is_ok(), own.table(&["OITMX"]).is_ok()],
            [true, false, false]
        );
    }

    // R-B11
    #[test]
    fn only_the_company_stands_before_a_table() {
        let usual = rules(&[]);
        for parts in [&["SBODEMO", "OITM"][..], &["dbo", "OITM"], &["sbodemo", "dbo", "OITM"], &["SBODEMO", "", "OITM"]]
        {
            assert_eq!(usual.table(parts), Ok(()), "{parts:?}");
        }
        for parts in [
            &["SYS", "OITM"][..],
            &["SBOOTHER", "OITM"],
            &["SBOOTHER", "dbo", "OITM"],
            &["SBODEMO", "sys", "OITM"],
            &["SRV", "SBODEMO", "dbo", "OITM"],
        ] {
            assert_eq!(usual.table(parts).unwrap_err().code, "sql.schema", "{parts:?}");
        }
    }
}
