//! MSSQL's dialect, of which HANA's queries need no more than it has; and names and values read at once. The parser tries
//! each expression as a type with a text behind it (`DATE '2026-01-01'`) before it takes it for a name, and makes an
//! error each time: two thirds of its time. What is read here becomes the same tree.

use sqlparser::ast::{Expr, GranteesType, ObjectName, Statement};
use sqlparser::dialect::{Dialect, MsSqlDialect};
use sqlparser::keywords::Keyword;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::Token;
use std::any::TypeId;

const MSSQL: MsSqlDialect = MsSqlDialect {};

/// The dialect. All but the beginning of expressions is MSSQL's: every method that it has of its own is handed on.
#[derive(Debug)]
pub(crate) struct Names;

/// What the next expression begins with.
enum Begins {
    Name,
    /// A table's name with a column's behind it.
    Column,
    Call,
    Case,
    Value,
    Otherwise,
}

fn begins(parser: &Parser<'_>) -> Begins {
    match &parser.peek_token_ref().token {
        Token::Number(..) | Token::SingleQuotedString(_) | Token::NationalStringLiteral(_) => Begins::Value,
        Token::Word(word) if word.keyword == Keyword::CASE => Begins::Case,
        // A word that is no keyword begins no type.
        Token::Word(word) if word.keyword == Keyword::NoKeyword => match &parser.peek_nth_token_ref(1).token {
            // `(+)` is an outer join.
            Token::LParen if parser.peek_nth_token_ref(2).token != Token::Plus => Begins::Call,
            Token::Period if matches!(parser.peek_nth_token_ref(2).token, Token::Word(_)) => {
                if ends_a_name(&parser.peek_nth_token_ref(3).token) { Begins::Column } else { Begins::Name }
            }
            Token::Period => Begins::Name,
            after if ends_a_name(after) => Begins::Name,
            _ => Begins::Otherwise,
        },
        _ => Begins::Otherwise,
    }
}

/// Whether nothing that stands here belongs to the name before it.
fn ends_a_name(token: &Token) -> bool {
    matches!(
        token,
        Token::Comma
            | Token::RParen
            | Token::Eq
            | Token::Neq
            | Token::Lt
            | Token::Gt
            | Token::LtEq
            | Token::GtEq
            | Token::Plus
            | Token::Minus
            | Token::Mul
            | Token::Div
            | Token::Mod
            | Token::StringConcat
            | Token::Word(_)
            | Token::EOF
    )
}

/// Two names with a dot between them.
fn column(parser: &mut Parser<'_>) -> Result<Expr, ParserError> {
    let table = parser.parse_identifier()?;
    parser.advance_token();
    Ok(Expr::CompoundIdentifier(vec![table, parser.parse_identifier()?]))
}

impl Dialect for Names {
    fn parse_prefix(&self, parser: &mut Parser<'_>) -> Option<Result<Expr, ParserError>> {
        match begins(parser) {
            Begins::Otherwise => None,
            // Both databases keep the word for themselves, so it is tried as nothing else.
            Begins::Case => {
                parser.advance_token();
                Some(parser.parse_case_expr())
            }
            Begins::Value => Some(parser.parse_value().map(Expr::Value)),
            Begins::Name => Some(parser.parse_identifier().map(Expr::Identifier)),
            Begins::Column => Some(column(parser)),
            Begins::Call => {
                let name = parser.parse_identifier();
                Some(name.and_then(|name| parser.parse_function(ObjectName::from(vec![name]))))
            }
        }
    }

    fn dialect(&self) -> TypeId {
        MSSQL.dialect()
    }

    fn is_delimited_identifier_start(&self, ch: char) -> bool {
        MSSQL.is_delimited_identifier_start(ch)
    }

    fn is_identifier_start(&self, ch: char) -> bool {
        MSSQL.is_identifier_start(ch)
    }

    fn is_identifier_part(&self, ch: char) -> bool {
        MSSQL.is_identifier_part(ch)
    }

    fn identifier_quote_style(&self, identifier: &str) -> Option<char> {
        MSSQL.identifier_quote_style(identifier)
    }

    fn convert_type_before_value(&self) -> bool {
        MSSQL.convert_type_before_value()
    }

    fn supports_outer_join_operator(&self) -> bool {
        MSSQL.supports_outer_join_operator()
    }

    fn supports_dollar_as_money_prefix(&self) -> bool {
        MSSQL.supports_dollar_as_money_prefix()
    }

    fn supports_create_proc_syntax(&self) -> bool {
        MSSQL.supports_create_proc_syntax()
    }

    fn supports_connect_by(&self) -> bool {
        MSSQL.supports_connect_by()
    }

    fn supports_eq_alias_assignment(&self) -> bool {
        MSSQL.supports_eq_alias_assignment()
    }

    fn supports_try_convert(&self) -> bool {
        MSSQL.supports_try_convert()
    }

    fn supports_boolean_literals(&self) -> bool {
        MSSQL.supports_boolean_literals()
    }

    fn supports_named_fn_args_with_colon_operator(&self) -> bool {
        MSSQL.supports_named_fn_args_with_colon_operator()
    }

    fn supports_named_fn_args_with_expr_name(&self) -> bool {
        MSSQL.supports_named_fn_args_with_expr_name()
    }

    fn supports_named_fn_args_with_rarrow_operator(&self) -> bool {
        MSSQL.supports_named_fn_args_with_rarrow_operator()
    }

    fn supports_start_transaction_modifier(&self) -> bool {
        MSSQL.supports_start_transaction_modifier()
    }

    fn supports_end_transaction_modifier(&self) -> bool {
        MSSQL.supports_end_transaction_modifier()
    }

    fn supports_set_stmt_without_operator(&self) -> bool {
        MSSQL.supports_set_stmt_without_operator()
    }

    fn supports_table_versioning(&self) -> bool {
        MSSQL.supports_table_versioning()
    }

    fn supports_nested_comments(&self) -> bool {
        MSSQL.supports_nested_comments()
    }

    fn supports_object_name_double_dot_notation(&self) -> bool {
        MSSQL.supports_object_name_double_dot_notation()
    }

    fn get_reserved_grantees_types(&self) -> &[GranteesType] {
        MSSQL.get_reserved_grantees_types()
    }

    fn is_select_item_alias(&self, explicit: bool, keyword: &Keyword, parser: &mut Parser<'_>) -> bool {
        MSSQL.is_select_item_alias(explicit, keyword, parser)
    }

    fn is_table_factor(&self, keyword: &Keyword, parser: &mut Parser<'_>) -> bool {
        MSSQL.is_table_factor(keyword, parser)
    }

    fn is_table_factor_alias(&self, explicit: bool, keyword: &Keyword, parser: &mut Parser<'_>) -> bool {
        MSSQL.is_table_factor_alias(explicit, keyword, parser)
    }

    fn parse_statement(&self, parser: &mut Parser<'_>) -> Option<Result<Statement, ParserError>> {
        MSSQL.parse_statement(parser)
    }

    fn get_next_precedence(&self, parser: &Parser<'_>) -> Option<Result<u8, ParserError>> {
        MSSQL.get_next_precedence(parser)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What both dialects make of a text: the same tree, or none.
    fn is_same(sql: &str) {
        let parsed = |dialect: &dyn Dialect| Parser::parse_sql(dialect, sql).ok();
        assert_eq!(parsed(&Names), parsed(&MSSQL), "{sql}");
    }

    #[test]
    fn the_tree_is_mssqls() {
        for sql in [
            "select a, \"b\", [c], T0.d, dbo.F(x), F(), F(x, 1), F(x) over (partition by y order by z) from OITM T0",
            "select a from OITM T0, ITM1 T1 where T0.a = T1.b (+)",
            "select DATE '2026-01-01', date, CURRENT_TIMESTAMP, N'一', '二', 1.5e3, -1, true, null from DUMMY",
            "select a 'b', T0.a 'b', c as 'd', x = 1 from OITM T0",
            "select cast(a as nvarchar(20)), convert(int, b), case a when 1 then 'x' else y end from OITM",
            "select a from OITM where b in (select c from ITM1) and d between e and f or not g like 'h%' escape '!'",
            "select T0.update, T0.from, T0.a b, T0.a as b, T0.case, T0.a.b, T0.a.b(c), a.value('x'), T0.\"a\" from OITM T0",
            "select T0.a from OITM T0 where T0.b between T0.c and T0.d or T0.e is null order by T0.f desc, T0.g",
            "select T0.*, count(*), a + b - c * d / e % f || g from OITM T0 group by a having max(b) > 1 order by c desc",
            "select a from OITM where (b, c) = (d, e) and exists (select 1 from ITM1) and x is not null",
            "select (select a from OITM for xml path(''), type).value('.', 'nvarchar(max)') from DUMMY",
            "select interval, position, left, a:b from OITM",
            "select a b c from OITM",
            "select F( from OITM",
            "select from OITM",
            "select a.b.c.d.e, a..b from x.y.z",
        ] {
            is_same(sql);
        }
    }

    #[test]
    fn the_tree_of_each_text_of_the_corpora_is_mssqls() {
        for line in [include_str!("../tests/it/honest.txt"), include_str!("../tests/it/hostile.txt")]
            .iter()
            .flat_map(|f| f.lines())
        {
            is_same(line.split_once('\t').map_or(line, |(_, sql)| sql));
        }
    }
}
