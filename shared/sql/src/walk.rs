//! The walk over a parsed text. Every struct of the tree is taken apart with all its members named, so that a member which
//! a new version of the parser adds has to be judged before this compiles. Queries and tables here, expressions beside.

mod expr;

use crate::refusal::Refusal;
use crate::tables::{self, Rules};
use sqlparser::ast::{
    AccessExpr, BinaryOperator, CaseWhen, CastKind, CeilFloorKind, Cte, DataType, Distinct, Expr, Fetch, ForClause,
    ForXml, Function, FunctionArg, FunctionArgExpr, FunctionArgumentClause, FunctionArgumentList, FunctionArguments,
    GroupByExpr, Ident, InTarget, Join, JoinConstraint, JoinOperator, LimitClause, ObjectName, ObjectNamePart, Offset,
    OrderBy, OrderByExpr, OrderByKind, OrderByOptions, OrderBySort, Query, Select, SelectFlavor, SelectItem,
    SelectItemQualifiedWildcardKind, SetExpr, SetQuantifier, TableAlias, TableFactor, TableFunctionArgs,
    TableWithJoins, Top, TopQuantity, TypedString, UnaryOperator, Value, WildcardAdditionalOptions, WindowFrame,
    WindowFrameBound, WindowSpec, WindowType, With,
};

type Judged = Result<(), Refusal>;

/// Judges a query.
pub(crate) fn query(query: &Query, rules: &Rules) -> Judged {
    Walk { rules, ctes: Vec::new() }.query(query)
}

/// How a table is called in a select: by its alias, or its own name; as it was written.
pub(crate) fn name_of(select: &Select, table: &str) -> Option<String> {
    let factors = select
        .from
        .iter()
        .flat_map(|from| std::iter::once(&from.relation).chain(from.joins.iter().map(|join| &join.relation)));
    for factor in factors {
        let TableFactor::Table { name, alias, .. } = factor else { continue };
        let Some(ObjectNamePart::Identifier(last)) = name.0.last() else { continue };
        if last.value.eq_ignore_ascii_case(table) {
            return Some(written(alias.as_ref().map_or(last, |alias| &alias.name)));
        }
    }
    None
}

fn written(ident: &Ident) -> String {
    match ident.quote_style {
        Some(_) => format!("\"{}\"", ident.value),
        None => ident.value.clone(),
    }
}

/// A name as it is compared: without quotes in capitals, with them as it stands.
fn folded(ident: &Ident) -> String {
    if ident.quote_style.is_some() { ident.value.clone() } else { ident.value.to_uppercase() }
}

struct Walk<'r> {
    rules: &'r Rules,
    /// Names of the common tables that can be seen from here.
    ctes: Vec<String>,
}

impl Walk<'_> {
    fn query(&mut self, query: &Query) -> Judged {
        let Query {
            with,
            body,
            order_by,
            limit_clause,
            fetch,
            locks,
            for_clause,
            settings,
            format_clause,
            pipe_operators,
        } = query;
        none(locks.is_empty(), "FOR UPDATE")?;
        none(settings.is_none() && format_clause.is_none() && pipe_operators.is_empty(), "SETTINGS, FORMAT, |>")?;
        let outer = self.ctes.len();
        if let Some(with) = with {
            self.with(with)?;
        }
        self.set(body)?;
        if let Some(order_by) = order_by {
            self.order_by(order_by)?;
        }
        if let Some(limit) = limit_clause {
            self.limit(limit)?;
        }
        if let Some(Fetch { with_ties: _, percent: _, quantity: Some(quantity) }) = fetch {
            self.expr(quantity)?;
        }
        match for_clause {
            None => {}
            Some(ForClause::Xml { for_xml, elements: _, binary_base64: _, root: _, r#type: _ }) => match for_xml {
                ForXml::Raw(_) | ForXml::Auto | ForXml::Path(_) => {}
                ForXml::Explicit => return Err(Refusal::construct("FOR XML EXPLICIT")),
            },
            Some(ForClause::Browse | ForClause::Json { .. }) => return Err(Refusal::construct("FOR BROWSE, FOR JSON")),
        }
        self.ctes.truncate(outer);
        Ok(())
    }

    fn with(&mut self, with: &With) -> Judged {
        let With { with_token: _, recursive, cte_tables } = with;
        none(!recursive, "WITH RECURSIVE")?;
        for cte in cte_tables {
            let Cte { alias, query, from, materialized, closing_paren_token: _ } = cte;
            none(from.is_none() && materialized.is_none(), "WITH … FROM, MATERIALIZED")?;
            self.alias(alias)?;
            tables::common_table(&alias.name.value)?;
            // It does not see itself: one that names itself reads a table of that name, or recurs.
            self.query(query)?;
            self.ctes.push(folded(&alias.name));
        }
        Ok(())
    }

    fn set(&mut self, body: &SetExpr) -> Judged {
        match body {
            SetExpr::Select(select) => self.select(select),
            SetExpr::Query(query) => self.query(query),
            SetExpr::SetOperation { op: _, set_quantifier, left, right } => {
                match set_quantifier {
                    SetQuantifier::All | SetQuantifier::Distinct | SetQuantifier::None => {}
                    SetQuantifier::ByName | SetQuantifier::AllByName | SetQuantifier::DistinctByName => {
                        return Err(Refusal::construct("UNION BY NAME"));
                    }
                }
                self.set(left)?;
                self.set(right)
            }
            SetExpr::Values(_)
            | SetExpr::Insert(_)
            | SetExpr::Update(_)
            | SetExpr::Delete(_)
            | SetExpr::Merge(_)
            | SetExpr::Table(_) => Err(Refusal::new("sql.not-a-select", "只能是 SELECT，未执行")),
        }
    }

    fn select(&mut self, select: &Select) -> Judged {
        let Select {
            select_token: _,
            optimizer_hints,
            distinct,
            select_modifiers,
            top,
            top_before_distinct: _,
            projection,
            exclude,
            into,
            from,
            lateral_views,
            prewhere,
            selection,
            connect_by,
            group_by,
            cluster_by,
            distribute_by,
            sort_by,
            having,
            named_window,
            qualify,
            window_before_qualify: _,
            value_table_mode,
            flavor,
        } = select;
        none(into.is_none(), "SELECT … INTO")?;
        none(optimizer_hints.is_empty() && select_modifiers.is_none() && exclude.is_none(), "SELECT 修饰")?;
        none(lateral_views.is_empty() && prewhere.is_none() && connect_by.is_empty(), "LATERAL, CONNECT BY")?;
        none(cluster_by.is_empty() && distribute_by.is_empty() && sort_by.is_empty(), "SORT BY")?;
        none(named_window.is_empty() && qualify.is_none() && value_table_mode.is_none(), "WINDOW, QUALIFY")?;
        none(*flavor == SelectFlavor::Standard, "FROM … SELECT")?;
        match distinct {
            None | Some(Distinct::All | Distinct::Distinct) => {}
            Some(Distinct::On(_)) => return Err(Refusal::construct("DISTINCT ON")),
        }
        if let Some(Top { with_ties: _, percent: _, quantity: Some(TopQuantity::Expr(quantity)) }) = top {
            self.expr(quantity)?;
        }
        for from in from {
            self.joined(from)?;
        }
        for item in projection {
            self.item(item)?;
        }
        for condition in selection.iter().chain(having) {
            self.expr(condition)?;
        }
        match group_by {
            GroupByExpr::Expressions(expressions, modifiers) if modifiers.is_empty() => self.exprs(expressions),
            GroupByExpr::Expressions(..) | GroupByExpr::All(_) => Err(Refusal::construct("GROUP BY ALL, WITH ROLLUP")),
        }
    }

    fn item(&mut self, item: &SelectItem) -> Judged {
        match item {
            SelectItem::UnnamedExpr(expr) => self.expr(expr),
            SelectItem::ExprWithAlias { expr, alias } => {
                ident(alias)?;
                self.expr(expr)
            }
            SelectItem::Wildcard(options) => wildcard(options),
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::ObjectName(name), options) => {
                names(name)?;
                wildcard(options)
            }
            SelectItem::QualifiedWildcard(SelectItemQualifiedWildcardKind::Expr(_), _)
            | SelectItem::ExprWithAliases { .. } => Err(Refusal::construct(item)),
        }
    }

    fn joined(&mut self, from: &TableWithJoins) -> Judged {
        let TableWithJoins { relation, joins } = from;
        self.factor(relation)?;
        for join in joins {
            let Join { relation, global, join_operator } = join;
            none(!global, "GLOBAL JOIN")?;
            self.factor(relation)?;
            match join_operator {
                JoinOperator::Join(on)
                | JoinOperator::Inner(on)
                | JoinOperator::Left(on)
                | JoinOperator::LeftOuter(on)
                | JoinOperator::Right(on)
                | JoinOperator::RightOuter(on)
                | JoinOperator::FullOuter(on)
                | JoinOperator::CrossJoin(on) => match on {
                    JoinConstraint::On(condition) => self.expr(condition)?,
                    JoinConstraint::None => {}
                    JoinConstraint::Using(_) | JoinConstraint::UsingAlias(..) | JoinConstraint::Natural => {
                        return Err(Refusal::construct("JOIN … USING, NATURAL JOIN"));
                    }
                },
                JoinOperator::CrossApply | JoinOperator::OuterApply => {}
                JoinOperator::Semi(_)
                | JoinOperator::LeftSemi(_)
                | JoinOperator::RightSemi(_)
                | JoinOperator::Anti(_)
                | JoinOperator::LeftAnti(_)
                | JoinOperator::RightAnti(_)
                | JoinOperator::AsOf { .. }
                | JoinOperator::StraightJoin(_)
                | JoinOperator::ArrayJoin
                | JoinOperator::LeftArrayJoin
                | JoinOperator::InnerArrayJoin => return Err(Refusal::construct("JOIN 类型")),
            }
        }
        Ok(())
    }

    fn factor(&mut self, factor: &TableFactor) -> Judged {
        match factor {
            TableFactor::Table {
                name,
                alias,
                args,
                with_hints,
                version,
                with_ordinality,
                partitions,
                json_path,
                sample,
                index_directives,
                inheritance,
            } => {
                none(version.is_none() && !with_ordinality && partitions.is_empty(), "表的版本或分区")?;
                none(json_path.is_none() && sample.is_none(), "TABLESAMPLE")?;
                none(index_directives.is_empty() && inheritance.is_none(), "索引提示")?;
                none(args.as_ref().is_none_or(is_hint), "表函数")?;
                none(with_hints.iter().all(is_dirty_read), "表提示；只支持 NOLOCK")?;
                if let Some(alias) = alias {
                    self.alias(alias)?;
                }
                self.table(name)
            }
            TableFactor::Derived { lateral, subquery, alias, sample } => {
                none(!lateral && sample.is_none(), "LATERAL")?;
                if let Some(alias) = alias {
                    self.alias(alias)?;
                }
                self.query(subquery)
            }
            TableFactor::NestedJoin { table_with_joins, alias } => {
                if let Some(alias) = alias {
                    self.alias(alias)?;
                }
                self.joined(table_with_joins)
            }
            other => Err(Refusal::construct(other)),
        }
    }

    fn table(&mut self, name: &ObjectName) -> Judged {
        let idents = names(name)?;
        if let [one] = idents.as_slice()
            && self.ctes.contains(&folded(one))
        {
            return Ok(());
        }
        let parts: Vec<&str> = idents.iter().map(|ident| ident.value.as_str()).collect();
        self.rules.table(&parts)
    }

    fn alias(&mut self, alias: &TableAlias) -> Judged {
        let TableAlias { explicit: _, name, columns, at } = alias;
        none(at.is_none(), "别名 AT")?;
        ident(name)?;
        for column in columns {
            none(column.data_type.is_none(), "别名中的类型")?;
            ident(&column.name)?;
        }
        Ok(())
    }

    fn order_by(&mut self, order_by: &OrderBy) -> Judged {
        let OrderBy { kind, interpolate } = order_by;
        none(interpolate.is_none(), "INTERPOLATE")?;
        match kind {
            OrderByKind::Expressions(expressions) => self.ordered(expressions),
            OrderByKind::All(_) => Err(Refusal::construct("ORDER BY ALL")),
        }
    }

    fn ordered(&mut self, expressions: &[OrderByExpr]) -> Judged {
        for OrderByExpr { expr, options, with_fill } in expressions {
            let OrderByOptions { sort, nulls_first: _ } = options;
            none(with_fill.is_none() && !matches!(sort, Some(OrderBySort::Using(_))), "ORDER BY … USING, WITH FILL")?;
            self.expr(expr)?;
        }
        Ok(())
    }

    fn limit(&mut self, limit: &LimitClause) -> Judged {
        match limit {
            LimitClause::LimitOffset { limit, offset, limit_by } => {
                none(limit_by.is_empty(), "LIMIT BY")?;
                if let Some(limit) = limit {
                    self.expr(limit)?;
                }
                if let Some(Offset { value, rows: _ }) = offset {
                    self.expr(value)?;
                }
                Ok(())
            }
            LimitClause::OffsetCommaLimit { offset, limit } => {
                self.expr(offset)?;
                self.expr(limit)
            }
        }
    }
}

fn none(holds: bool, what: &str) -> Judged {
    if holds { Ok(()) } else { Err(Refusal::construct(what)) }
}

/// A column, an alias.
fn ident(ident: &Ident) -> Judged {
    tables::column(&ident.value)
}

fn names(name: &ObjectName) -> Result<Vec<&Ident>, Refusal> {
    let mut idents = Vec::new();
    for part in &name.0 {
        match part {
            ObjectNamePart::Identifier(ident) => idents.push(ident),
            ObjectNamePart::Function(_) => return Err(Refusal::construct(name)),
        }
    }
    Ok(idents)
}

fn wildcard(options: &WildcardAdditionalOptions) -> Judged {
    let WildcardAdditionalOptions {
        wildcard_token: _,
        opt_ilike,
        opt_exclude,
        opt_except,
        opt_replace,
        opt_rename,
        opt_alias,
    } = options;
    let plain = opt_ilike.is_none()
        && opt_exclude.is_none()
        && opt_except.is_none()
        && opt_replace.is_none()
        && opt_rename.is_none()
        && opt_alias.is_none();
    none(plain, "* 的修饰")
}

/// `OITM (NOLOCK)`, which reads like a function of a table.
fn is_hint(args: &TableFunctionArgs) -> bool {
    let TableFunctionArgs { args, settings } = args;
    settings.is_none()
        && matches!(args.as_slice(), [FunctionArg::Unnamed(FunctionArgExpr::Expr(hint))] if is_dirty_read(hint))
}

/// Hints that take no lock.
fn is_dirty_read(hint: &Expr) -> bool {
    let Expr::Identifier(Ident { value, quote_style: None, span: _ }) = hint else { return false };
    ["NOLOCK", "READUNCOMMITTED", "READPAST", "NOEXPAND"].iter().any(|known| known.eq_ignore_ascii_case(value))
}
