//! Expressions: operators, functions, windows, and the values in them.

use super::*;
use crate::functions;

impl Walk<'_> {
    pub(super) fn exprs(&mut self, all: &[Expr]) -> Judged {
        all.iter().try_for_each(|expr| self.expr(expr))
    }

    pub(super) fn some(&mut self, expr: Option<&Expr>) -> Judged {
        expr.map_or(Ok(()), |expr| self.expr(expr))
    }

    pub(super) fn expr(&mut self, expr: &Expr) -> Judged {
        let mut expr = expr;
        // Chains of operators are as deep as they are long, to the left.
        while let Expr::BinaryOp { left, op, right } = expr {
            operator(op)?;
            self.expr(right)?;
            expr = left;
        }
        match expr {
            Expr::Identifier(one) => ident(one),
            Expr::CompoundIdentifier(parts) => parts.iter().try_for_each(ident),
            Expr::Value(value) => literal(&value.value),
            Expr::TypedString(TypedString { data_type, value, uses_odbc_syntax }) => {
                none(!uses_odbc_syntax, "ODBC 写法")?;
                data_type_is_sound(data_type)?;
                literal(&value.value)
            }
            Expr::Nested(inner) | Expr::IsNull(inner) | Expr::IsNotNull(inner) => self.expr(inner),
            Expr::UnaryOp { op: UnaryOperator::Plus | UnaryOperator::Minus | UnaryOperator::Not, expr } => {
                self.expr(expr)
            }
            Expr::In { expr, target, negated: _, global } => {
                none(!global, "GLOBAL IN")?;
                self.expr(expr)?;
                match target {
                    InTarget::List(list) => self.exprs(list),
                    InTarget::Subquery(query) => self.query(query),
                    _ => Err(Refusal::construct("IN 的写法")),
                }
            }
            Expr::Between { expr, negated: _, low, high } => {
                self.expr(expr)?;
                self.expr(low)?;
                self.expr(high)
            }
            Expr::Like { negated: _, any, expr, pattern, escape_char } => {
                none(!any, "LIKE ANY")?;
                self.expr(expr)?;
                self.expr(pattern)?;
                self.some(escape_char.as_deref())
            }
            Expr::AnyOp { left, compare_op, right, is_some: _ } | Expr::AllOp { left, compare_op, right } => {
                operator(compare_op)?;
                self.expr(left)?;
                self.expr(right)
            }
            Expr::Case { case_token: _, end_token: _, operand, conditions, else_result } => {
                self.some(operand.as_deref())?;
                for CaseWhen { condition, result } in conditions {
                    self.expr(condition)?;
                    self.expr(result)?;
                }
                self.some(else_result.as_deref())
            }
            Expr::Exists { subquery, negated: _ } | Expr::Subquery(subquery) => self.query(subquery),
            Expr::Tuple(all) => self.exprs(all),
            Expr::Function(function) => self.function(function),
            other => self.built_in(other),
        }
    }

    /// Functions that the parser knows by themselves.
    fn built_in(&mut self, expr: &Expr) -> Judged {
        match expr {
            Expr::Convert { is_try: _, expr, data_type, charset, target_before_value: _, styles } => {
                none(charset.is_none(), "CONVERT … USING")?;
                if let Some(data_type) = data_type {
                    data_type_is_sound(data_type)?;
                }
                self.expr(expr)?;
                self.exprs(styles)
            }
            Expr::Cast { kind: CastKind::Cast | CastKind::TryCast, expr, data_type, format: None } => {
                data_type_is_sound(data_type)?;
                self.expr(expr)
            }
            Expr::Extract { field: _, syntax: _, expr } => self.expr(expr),
            Expr::Ceil { expr, field } | Expr::Floor { expr, field } => {
                if let CeilFloorKind::Scale(value) = field {
                    literal(&value.value)?;
                }
                self.expr(expr)
            }
            Expr::Position { expr, r#in } => {
                self.expr(expr)?;
                self.expr(r#in)
            }
            Expr::Substring { expr, substring_from, substring_for, special: _, shorthand: _ } => {
                self.expr(expr)?;
                self.some(substring_from.as_deref())?;
                self.some(substring_for.as_deref())
            }
            Expr::Trim { trim_where: _, trim_what, expr, trim_characters } => {
                self.some(trim_what.as_deref())?;
                self.exprs(trim_characters.as_deref().unwrap_or_default())?;
                self.expr(expr)
            }
            Expr::Collate { expr, collation } => {
                names(collation)?;
                self.expr(expr)
            }
            Expr::CompoundFieldAccess { root, access_chain } => self.xml_value(root, access_chain),
            other => Err(Refusal::construct(other)),
        }
    }

    /// `(SELECT … FOR XML PATH(''), TYPE).value('.', 'NVARCHAR(MAX)')`, as MSSQL's lists in one text are written; no other
    /// method of anything.
    fn xml_value(&mut self, root: &Expr, chain: &[AccessExpr]) -> Judged {
        const PATHS: [&str; 6] = [".", "/", "text()[1]", "(text())[1]", "./text()[1]", "(./text())[1]"];
        let (Expr::Subquery(query), [AccessExpr::Dot(Expr::Function(function))]) = (root, chain) else {
            return Err(Refusal::construct("表达式之后的 . 或 [ ]"));
        };
        let Function { name, uses_odbc_syntax, parameters, args, within_group, filter, null_treatment, over } =
            function;
        let is_plain = !uses_odbc_syntax
            && *parameters == FunctionArguments::None
            && within_group.is_empty()
            && filter.is_none()
            && null_treatment.is_none()
            && over.is_none();
        let is_value = matches!(names(name)?.as_slice(), [one] if one.value.eq_ignore_ascii_case("value"));
        none(is_plain && is_value && matches!(query.for_clause, Some(ForClause::Xml { .. })), "方法调用")?;
        let FunctionArguments::List(FunctionArgumentList { duplicate_treatment: None, args, clauses }) = args else {
            return Err(Refusal::construct("value 的参数"));
        };
        let texts: Vec<&str> = args.iter().filter_map(text_of).collect();
        let [path, data_type] = texts.as_slice() else { return Err(Refusal::construct("value 的参数")) };
        none(args.len() == 2 && clauses.is_empty() && PATHS.contains(path), "value 的参数")?;
        type_name_is_sound(data_type)?;
        self.query(query)
    }

    fn function(&mut self, function: &Function) -> Judged {
        let Function { name, uses_odbc_syntax, parameters, args, within_group, filter, null_treatment: _, over } =
            function;
        none(!uses_odbc_syntax && *parameters == FunctionArguments::None && filter.is_none(), "函数的写法")?;
        self.function_name(name)?;
        match args {
            FunctionArguments::None => {}
            FunctionArguments::Subquery(_) => return Err(Refusal::construct("函数的写法")),
            FunctionArguments::List(FunctionArgumentList { duplicate_treatment: _, args, clauses }) => {
                args.iter().try_for_each(|arg| self.argument(arg))?;
                for clause in clauses {
                    match clause {
                        FunctionArgumentClause::OrderBy(expressions) => self.ordered(expressions)?,
                        FunctionArgumentClause::IgnoreOrRespectNulls(_) => {}
                        _ => return Err(Refusal::construct("函数的写法")),
                    }
                }
            }
        }
        self.ordered(within_group)?;
        match over {
            None => Ok(()),
            Some(WindowType::NamedWindow(_)) => Err(Refusal::construct("WINDOW")),
            Some(WindowType::WindowSpec(window)) => self.window(window),
        }
    }

    /// A function of the databases' own, or one of the site's, which the company's schema may stand before.
    fn function_name(&mut self, name: &ObjectName) -> Judged {
        let idents = names(name)?;
        let known = match idents.as_slice() {
            [one] => one.quote_style.is_none() && functions::is_known(&one.value, &self.rules.functions),
            [schema, one] => {
                let own = self.rules.functions.iter().any(|own| own.eq_ignore_ascii_case(&one.value));
                own && (schema.value.eq_ignore_ascii_case("dbo")
                    || self.rules.schemas.iter().any(|known| known.eq_ignore_ascii_case(&schema.value)))
            }
            _ => false,
        };
        if known {
            return Ok(());
        }
        Err(Refusal::new("sql.function", format!("函数 {name} 不在允许的函数中；未执行")))
    }

    fn argument(&mut self, arg: &FunctionArg) -> Judged {
        match arg {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => self.expr(expr),
            FunctionArg::Unnamed(FunctionArgExpr::Wildcard) => Ok(()),
            FunctionArg::Unnamed(FunctionArgExpr::QualifiedWildcard(name)) => names(name).map(drop),
            FunctionArg::Unnamed(FunctionArgExpr::WildcardWithOptions(_))
            | FunctionArg::Named { .. }
            | FunctionArg::ExprNamed { .. } => Err(Refusal::construct("函数参数的写法")),
        }
    }

    fn window(&mut self, window: &WindowSpec) -> Judged {
        let WindowSpec { window_name, partition_by, order_by, window_frame } = window;
        none(window_name.is_none(), "WINDOW")?;
        self.exprs(partition_by)?;
        self.ordered(order_by)?;
        let Some(WindowFrame { units: _, start_bound, end_bound }) = window_frame else { return Ok(()) };
        for bound in std::iter::once(start_bound).chain(end_bound) {
            match bound {
                WindowFrameBound::CurrentRow => {}
                WindowFrameBound::Preceding(rows) | WindowFrameBound::Following(rows) => self.some(rows.as_deref())?,
            }
        }
        Ok(())
    }
}

fn literal(value: &Value) -> Judged {
    match value {
        Value::Number(_, false)
        | Value::SingleQuotedString(_)
        | Value::NationalStringLiteral(_)
        | Value::Boolean(_)
        | Value::Null => Ok(()),
        other => Err(Refusal::construct(other)),
    }
}

fn operator(operator: &BinaryOperator) -> Judged {
    match operator {
        BinaryOperator::Plus
        | BinaryOperator::Minus
        | BinaryOperator::Multiply
        | BinaryOperator::Divide
        | BinaryOperator::Modulo
        | BinaryOperator::StringConcat
        | BinaryOperator::Gt
        | BinaryOperator::Lt
        | BinaryOperator::GtEq
        | BinaryOperator::LtEq
        | BinaryOperator::Eq
        | BinaryOperator::NotEq
        | BinaryOperator::And
        | BinaryOperator::Or => Ok(()),
        other => Err(Refusal::construct(other)),
    }
}

/// `NVARCHAR(20)`, `DECIMAL(19, 6)`: words, numbers and parentheses.
fn data_type_is_sound(data_type: &DataType) -> Judged {
    type_name_is_sound(&data_type.to_string())
}

fn type_name_is_sound(text: &str) -> Judged {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ' ' | '(' | ')' | ',');
    none(text.len() <= 60 && text.chars().all(is_part), "数据类型")
}

/// An argument that is a text and nothing else.
fn text_of(arg: &FunctionArg) -> Option<&str> {
    match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(Expr::Value(value))) => match &value.value {
            Value::SingleQuotedString(text) | Value::NationalStringLiteral(text) => Some(text),
            _ => None,
        },
        _ => None,
    }
}
