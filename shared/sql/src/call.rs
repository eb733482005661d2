//! The call of a procedure that names batches: `call TMDK('{0}','{1}','{2}')`.

use crate::refusal::Refusal;
use crate::scan::text_is_sound;

/// A template that was judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    name: String,
    /// Which value goes where.
    places: [usize; 3],
}

/// Longest template.
const MAX_LENGTH: usize = 400;

impl Call {
    /// Reads a template: one call of a procedure on this list, with the three placeholders and nothing else.
    ///
    /// # Errors
    /// `sql.call`.
    pub fn read(template: &str, procedures: &[String]) -> Result<Self, Refusal> {
        let refused = |why: &str| {
            Refusal::new("sql.call", format!("批次语句应为 call 过程名('{{0}}','{{1}}','{{2}}')：{why}；未执行"))
        };
        if template.len() > MAX_LENGTH {
            return Err(refused("过长"));
        }
        let text = template.trim();
        let rest =
            text.get(..4).filter(|word| word.eq_ignore_ascii_case("call")).and_then(|word| text.get(word.len()..));
        let rest = rest.filter(|rest| rest.starts_with([' ', '\t', '\r', '\n'])).ok_or_else(|| refused("不是 call"))?;
        let (name, arguments) = rest.split_once('(').ok_or_else(|| refused("没有括号"))?;
        let name = name.trim();
        let name = name.strip_prefix('"').and_then(|n| n.strip_suffix('"')).unwrap_or(name);
        if !procedures.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            return Err(refused("过程不在允许的名单（procedures）中"));
        }
        let arguments = arguments.strip_suffix(')').ok_or_else(|| refused("括号之后还有内容"))?;
        let mut places = Vec::new();
        for argument in arguments.split(',') {
            places.push(match argument.trim_matches([' ', '\t', '\r', '\n']) {
                "'{0}'" => 0,
                "'{1}'" => 1,
                "'{2}'" => 2,
                _ => return Err(refused("参数只能是三个占位符")),
            });
        }
        let places: [usize; 3] = places.try_into().map_err(|_| refused("占位符应为三个"))?;
        if !(0..3).all(|value| places.contains(&value)) {
            return Err(refused("三个占位符各出现一次"));
        }
        // As the list spells it: what was sent is only compared.
        let name = procedures.iter().find(|known| known.eq_ignore_ascii_case(name)).cloned().unwrap_or_default();
        Ok(Self { name, places })
    }

    /// The call with these values as texts.
    ///
    /// # Errors
    /// `sql.character` for a value that no text may hold.
    pub fn with(&self, item: &str, warehouse: &str, need: &str) -> Result<String, Refusal> {
        let values = [item, warehouse, need];
        let mut arguments = Vec::new();
        for place in self.places {
            let value = values.get(place).copied().unwrap_or_default();
            text_is_sound(value)?;
            arguments.push(format!("'{}'", value.replace('\'', "''")));
        }
        Ok(format!("call {}({})", self.name, arguments.join(",")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(template: &str) -> Result<Call, Refusal> {
        Call::read(template, &["TMDK".to_owned()])
    }

    // R-B31
    #[test]
    fn a_call_is_of_a_listed_procedure_and_its_values_are_texts() {
        let call = read("call TMDK('{0}','{1}','{2}')").unwrap();
        assert_eq!(call.with("RM-2001", "W05002", "15").unwrap(), "call TMDK('RM-2001','W05002','15')");
        assert_eq!(call.with("O'Neil{1}", "W", "1").unwrap(), "call TMDK('O''Neil{1}','W','1')");
        assert!(call.with("a\0", "W", "1").is_err());
        let turned = read(" CALL tmdk ( '{2}' , '{0}', '{1}' )\n").unwrap();
        assert_eq!(turned.with("a", "b", "c").unwrap(), "call TMDK('c','a','b')");
        for no in [
            "call TMXX('{0}','{1}','{2}')",
            "call TMDK('{0}','{1}')",
            "call TMDK('{0}','{0}','{1}')",
            "call TMDK('{0}','{1}','{2}','{2}')",
            "call TMDK('{0}','{1}','{2}'); drop table OITM",
            "call TMDK('{0}','{1}','{2}') -- x",
            "call TMDK({0},{1},{2})",
            "call TMDK('{0}','{1}','x')",
            "call SYS.TMDK('{0}','{1}','{2}')",
            "callTMDK('{0}','{1}','{2}')",
            "exec TMDK '{0}','{1}','{2}'",
            "select * from OITM",
            "call TMDK/**/('{0}','{1}','{2}')",
            "call TMDK('{0}' or '1','{1}','{2}')",
            "",
        ] {
            assert_eq!(read(no).unwrap_err().code, "sql.call", "{no}");
        }
    }
}
