//! A SELECT before polars sees it: [`Asked`].
//!
//! What polars would not answer as SQL means it is refused, or written so that it does: counts are signed numbers,
//! columns without a name have their text for one, conditions of an inner join that are no equalities stand behind
//! WHERE, and keys with dots are quoted.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use sqlparser::ast::{
    BinaryOperator, CastKind, DataType, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments,
    GroupByExpr, Ident, JoinConstraint, JoinOperator, ObjectName, ObjectNamePart, OrderByKind, Query as Ast,
    Select, SelectItem, SetExpr, Statement, TableFactor, Value, ValueWithSpan, VisitMut, VisitorMut,
    WindowType, visit_expressions,
};
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::{Parser, ParserOptions};
use sqlparser::tokenizer::{Token, Tokenizer};

use crate::error::{Error, ErrorKind, Place, Result};

/// Functions that make one value of many.
pub(super) const AGGREGATES: [&str; 14] = [
    "count",
    "sum",
    "avg",
    "mean",
    "min",
    "max",
    "median",
    "stddev",
    "stddev_samp",
    "stdev",
    "var",
    "variance",
    "var_samp",
    "quantile_cont",
];

/// Functions whose answers polars gives as numbers without a sign, so that a difference of two would wrap.
const UNSIGNED: [&str; 12] = [
    "count",
    "length",
    "char_length",
    "character_length",
    "octet_length",
    "bit_length",
    "strpos",
    "row_number",
    "rank",
    "dense_rank",
    "array_length",
    "position",
];

/// What a text mentions.
#[derive(Debug, Default)]
pub(super) struct Asked {
    /// Tables, by the names they are registered under.
    pub(super) tables: BTreeSet<String>,
    /// Tables that the text makes for itself.
    pub(super) own: BTreeSet<String>,
    /// Every word, and words that dots join.
    pub(super) words: BTreeSet<String>,
    /// Whether there is a `*` in place of columns.
    pub(super) everything: bool,
    /// Names of columns in which dots are.
    dotted: BTreeSet<String>,
}

impl Asked {
    /// Checks that a text is one SELECT, and gives it back as polars is to answer it.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] for what is no SQL; [`ErrorKind::Unsupported`] for what is not answered.
    pub(super) fn parse(text: &str, dotted: BTreeSet<String>) -> Result<(Statement, Asked)> {
        let wrong = |why: String| {
            let (what, remedy) = match why.contains("recursion limit") {
                true => {
                    ("the question is nested too deeply".to_owned(), "put what is inside first, with WITH")
                }
                false => {
                    let why = why.strip_prefix("sql parser error: ").unwrap_or(&why);
                    let ask = "ask as: SELECT category, COUNT(*) FROM objects GROUP BY category";
                    (format!("this is no question in SQL: {why}"), ask)
                }
            };
            Error::new(ErrorKind::Usage, what).at(Place::area("query")).remedy(remedy)
        };
        let mut asked = Asked { words: words(text).map_err(wrong)?, dotted, ..Asked::default() };
        let options = ParserOptions { trailing_commas: true, ..ParserOptions::default() };
        let mut statements = Parser::new(&GenericDialect)
            .with_options(options)
            .try_with_sql(text)
            .and_then(|mut parser| parser.parse_statements())
            .map_err(|e| wrong(e.to_string()))?;
        let (Some(mut statement), true) = (statements.pop(), statements.is_empty()) else {
            return Err(wrong("one statement is answered, no more and no fewer".to_owned()));
        };
        let Statement::Query(_) = &statement else {
            let first = text.split_whitespace().next().unwrap_or_default().to_uppercase();
            return Err(refused(format!("{first} is not answered"), WRITES));
        };
        match statement.visit(&mut asked) {
            ControlFlow::Break(error) => Err(error),
            ControlFlow::Continue(()) => Ok((statement, asked)),
        }
    }
}

const WRITES: &str = "questions are SELECT; nothing is written by them";

fn refused(what: impl Into<String>, remedy: &str) -> Error {
    Error::new(ErrorKind::Unsupported, what).at(Place::area("query")).remedy(remedy)
}

fn stop<T>(what: impl Into<String>, remedy: &str) -> ControlFlow<Error, T> {
    ControlFlow::Break(refused(what, remedy))
}

/// The words of a text, and all runs of them that dots join.
fn words(text: &str) -> std::result::Result<BTreeSet<String>, String> {
    let tokens = Tokenizer::new(&GenericDialect, text).tokenize().map_err(|e| e.to_string())?;
    let mut words = BTreeSet::new();
    let mut run: Vec<String> = Vec::new();
    let mut joined = false;
    for token in tokens {
        match token {
            Token::Word(word) => {
                if !joined {
                    run.clear();
                }
                run.push(word.value);
                words.extend((0..run.len()).map(|from| run[from..].join(".")));
                joined = false;
            }
            Token::Period => joined = true,
            _ => {
                run.clear();
                joined = false;
            }
        }
    }
    Ok(words)
}

/// The name of a function, in small letters.
fn name_of(function: &Function) -> String {
    function.name.to_string().to_lowercase()
}

/// Whether an expression holds an aggregate that is no window.
pub(super) fn has_aggregate(expr: &Expr) -> bool {
    visit_expressions(expr, |inner| match inner {
        Expr::Function(f) if f.over.is_none() && AGGREGATES.contains(&name_of(f).as_str()) => {
            ControlFlow::Break(())
        }
        _ => ControlFlow::Continue(()),
    })
    .is_break()
}

fn has_window(expr: &Expr) -> bool {
    let window = |inner: &Expr| matches!(inner, Expr::Function(function) if function.over.is_some());
    visit_expressions(
        expr,
        |inner| if window(inner) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) },
    )
    .is_break()
}

fn has_column(expr: &Expr) -> bool {
    let column = |inner: &Expr| matches!(inner, Expr::Identifier(_) | Expr::CompoundIdentifier(_));
    visit_expressions(
        expr,
        |inner| if column(inner) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) },
    )
    .is_break()
}

fn has_subquery(expr: &Expr) -> bool {
    let query =
        |inner: &Expr| matches!(inner, Expr::Subquery(_) | Expr::InSubquery { .. } | Expr::Exists { .. });
    visit_expressions(
        expr,
        |inner| if query(inner) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) },
    )
    .is_break()
}

/// What a conjunction is made of.
fn conjuncts(expr: Expr, out: &mut Vec<Expr>) {
    match expr {
        Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
            conjuncts(*left, out);
            conjuncts(*right, out);
        }
        Expr::Nested(inner) => conjuncts(*inner, out),
        other => out.push(other),
    }
}

fn all_of(parts: Vec<Expr>) -> Option<Expr> {
    parts.into_iter().reduce(|left, right| Expr::BinaryOp {
        left: Box::new(left),
        op: BinaryOperator::And,
        right: Box::new(right),
    })
}

/// Whether an expression says that a column of one table is one of another.
fn is_equality(expr: &Expr) -> bool {
    let column = |side: &Expr| matches!(side, Expr::Identifier(_) | Expr::CompoundIdentifier(_));
    matches!(expr, Expr::BinaryOp { left, op: BinaryOperator::Eq, right } if column(left) && column(right))
}

impl Asked {
    /// Conditions of joins: polars answers equalities, and takes others for those of WHERE.
    fn joins(select: &mut Select) -> ControlFlow<Error> {
        let mut moved = Vec::new();
        for join in select.from.iter_mut().flat_map(|table| &mut table.joins) {
            let (constraint, inner) = match &mut join.join_operator {
                JoinOperator::Join(c) | JoinOperator::Inner(c) => (c, true),
                JoinOperator::Left(c)
                | JoinOperator::LeftOuter(c)
                | JoinOperator::Right(c)
                | JoinOperator::RightOuter(c)
                | JoinOperator::FullOuter(c) => (c, false),
                _ => continue,
            };
            let JoinConstraint::On(on) = constraint else { continue };
            let mut parts = Vec::new();
            conjuncts(on.clone(), &mut parts);
            let (equal, others): (Vec<Expr>, Vec<Expr>) = parts.into_iter().partition(is_equality);
            if others.is_empty() || equal.is_empty() {
                continue;
            }
            if !inner {
                return stop(
                    "ON of an outer join holds more than equalities of columns",
                    "choose the rows before: JOIN (SELECT … FROM objects WHERE …) AS o ON …",
                );
            }
            if let Some(equal) = all_of(equal) {
                *on = equal;
                moved.extend(others);
            }
        }
        if !moved.is_empty() {
            let own = select.selection.take().map(|own| Expr::Nested(Box::new(own)));
            select.selection = all_of(own.into_iter().chain(moved).collect());
        }
        ControlFlow::Continue(())
    }

    /// Columns that polars would make one value of without being asked to.
    fn aggregates(select: &Select) -> ControlFlow<Error> {
        if select.selection.as_ref().is_some_and(|expr| !has_subquery(expr) && has_aggregate(expr)) {
            return stop(
                "WHERE looks at single rows, and holds an aggregate",
                "say it behind HAVING, with GROUP BY",
            );
        }
        let grouped = match &select.group_by {
            GroupByExpr::Expressions(by, _) => !by.is_empty(),
            GroupByExpr::All(_) => true,
        };
        let items: Vec<&Expr> = select
            .projection
            .iter()
            .filter_map(|item| match item {
                SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => Some(expr),
                _ => None,
            })
            .collect();
        let one = items.iter().any(|expr| has_aggregate(expr));
        if let Some(window) = items.iter().find(|expr| (one || grouped) && has_window(expr)) {
            return stop(
                format!("'{window}' looks over groups"),
                "make the groups first: SELECT … OVER (…) FROM (SELECT … GROUP BY …) AS t",
            );
        }
        let bare = items.iter().find(|expr| !has_aggregate(expr) && has_column(expr) && !has_subquery(expr));
        match bare {
            Some(bare) if one && !grouped => stop(
                format!("'{bare}' stands beside an aggregate and is not grouped by"),
                "add GROUP BY, or leave it out",
            ),
            _ => ControlFlow::Continue(()),
        }
    }

    /// Gives columns without a name their text for one, and two of one name the names of their tables.
    fn names(select: &mut Select) {
        let last = |expr: &Expr| match expr {
            Expr::CompoundIdentifier(parts) => parts.last().map(|part| part.value.clone()),
            Expr::Identifier(name) => Some(name.value.clone()),
            _ => None,
        };
        let all: Vec<Option<String>> = select
            .projection
            .iter()
            .map(|item| match item {
                SelectItem::UnnamedExpr(expr) => last(expr),
                SelectItem::ExprWithAlias { alias, .. } => Some(alias.value.clone()),
                _ => None,
            })
            .collect();
        for (item, own) in select.projection.iter_mut().zip(&all) {
            let SelectItem::UnnamedExpr(expr) = item else { continue };
            let twice = own.is_some() && all.iter().filter(|other| *other == own).count() > 1;
            let name = match &*expr {
                Expr::Identifier(_) => continue,
                Expr::CompoundIdentifier(parts) if twice => {
                    parts.iter().map(|part| part.value.as_str()).collect::<Vec<_>>().join(".")
                }
                Expr::CompoundIdentifier(_) => continue,
                other => other.to_string(),
            };
            *item = SelectItem::ExprWithAlias {
                expr: expr.clone(),
                alias: Ident::with_quote('"', name.replace('"', "'")),
            };
        }
    }

    /// Says what is sorted by in the names of columns, where it is one of them.
    fn order(query: &mut Ast) -> ControlFlow<Error> {
        let SetExpr::Select(select) = &*query.body else { return ControlFlow::Continue(()) };
        let named: Vec<(String, Ident)> = select
            .projection
            .iter()
            .filter_map(|item| match item {
                SelectItem::ExprWithAlias { expr, alias } => Some((expr.to_string(), alias.clone())),
                _ => None,
            })
            .collect();
        let Some(order) = &mut query.order_by else { return ControlFlow::Continue(()) };
        let OrderByKind::Expressions(by) = &mut order.kind else { return ControlFlow::Continue(()) };
        for one in by {
            let text = one.expr.to_string();
            if let Some((_, alias)) = named.iter().find(|(own, _)| *own == text) {
                one.expr = Expr::Identifier(Ident::with_quote('"', alias.value.clone()));
            } else if has_aggregate(&one.expr) {
                return stop(
                    format!("ORDER BY {text}, which is no column of the answer"),
                    "name it in SELECT, as COUNT(*) AS n, and sort by n",
                );
            }
        }
        ControlFlow::Continue(())
    }

    /// What functions polars answers otherwise than SQL means them.
    fn function(function: &Function) -> ControlFlow<Error> {
        let name = name_of(function);
        let aggregate = AGGREGATES.contains(&name.as_str());
        let FunctionArguments::List(list) = &function.args else { return ControlFlow::Continue(()) };
        let args = list.args.iter().filter_map(|arg| match arg {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Some(expr),
            _ => None,
        });
        let args: Vec<&Expr> = args.collect();
        if aggregate && args.iter().any(|expr| has_aggregate(expr)) {
            return stop(
                format!("'{function}' is an aggregate of an aggregate"),
                "make the inner one first: SELECT … FROM (SELECT … GROUP BY …) AS t",
            );
        }
        if aggregate && name != "count" && !args.is_empty() && !args.iter().any(|expr| has_column(expr)) {
            return stop(format!("'{function}' is of no column"), "multiply COUNT(*) instead");
        }
        if let (true, Some(WindowType::WindowSpec(window))) = (aggregate, &function.over)
            && !window.order_by.is_empty()
            && window.window_frame.is_none()
        {
            return stop(
                format!("'{function}' does not say which rows it sums up to"),
                "add ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW",
            );
        }
        ControlFlow::Continue(())
    }
}

impl VisitorMut for Asked {
    type Break = Error;

    fn pre_visit_query(&mut self, query: &mut Ast) -> ControlFlow<Error> {
        if let Some(with) = &query.with {
            self.own.extend(with.cte_tables.iter().map(|table| table.alias.name.value.clone()));
        }
        match &*query.body {
            SetExpr::Select(_) | SetExpr::Query(_) | SetExpr::SetOperation { .. } | SetExpr::Values(_) => {}
            other => return stop(format!("'{other}' is not answered"), WRITES),
        }
        if let SetExpr::Select(select) = &mut *query.body {
            Asked::names(select);
        }
        Asked::order(query)
    }

    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<Error> {
        if select.into.is_some() {
            return stop("SELECT INTO writes a table, which is not answered", WRITES);
        }
        let star =
            |item: &SelectItem| matches!(item, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..));
        self.everything |= select.projection.iter().any(star);
        Asked::aggregates(select)?;
        Asked::joins(select)
    }

    fn pre_visit_table_factor(&mut self, factor: &mut TableFactor) -> ControlFlow<Error> {
        let function = match factor {
            TableFactor::Table { args: Some(_), name, .. } => name.to_string(),
            TableFactor::Function { name, .. } => name.to_string(),
            TableFactor::TableFunction { expr, .. } => expr.to_string(),
            _ => return ControlFlow::Continue(()),
        };
        stop(
            format!("'{function}' reads what is no table of a dataset"),
            "questions see tables of open datasets, and no files",
        )
    }

    fn pre_visit_relation(&mut self, relation: &mut ObjectName) -> ControlFlow<Error> {
        let parts = relation.0.iter().map(|part| match part {
            ObjectNamePart::Identifier(name) => name.value.clone(),
            other => other.to_string(),
        });
        let name = parts.collect::<Vec<_>>().join(".");
        if relation.0.len() > 1 {
            *relation = ObjectName(vec![ObjectNamePart::Identifier(Ident::with_quote('"', name.clone()))]);
        }
        self.tables.insert(name);
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Error> {
        match expr {
            Expr::Exists { .. } => {
                return stop("EXISTS is not answered", "ask whether a column is IN (SELECT …)");
            }
            Expr::Function(function) => Asked::function(function)?,
            Expr::CompoundIdentifier(parts) => {
                let text =
                    |parts: &[Ident]| parts.iter().map(|p| p.value.as_str()).collect::<Vec<_>>().join(".");
                let (whole, rest) = (text(parts), text(parts.get(1..).unwrap_or_default()));
                if self.dotted.contains(&whole) {
                    *expr = Expr::Identifier(Ident::with_quote('"', whole));
                } else if self.dotted.contains(&rest) {
                    parts.truncate(1);
                    parts.push(Ident::with_quote('"', rest));
                }
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }

    fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<Error> {
        match expr {
            Expr::Function(function) if UNSIGNED.contains(&name_of(function).as_str()) => {
                *expr = signed(expr.clone());
            }
            Expr::Value(ValueWithSpan { value: Value::Number(number, _), .. })
                if number.contains(['e', 'E']) =>
            {
                if let Ok(value) = number.parse::<f64>() {
                    let text = value.to_string();
                    *number = if text.contains('.') { text } else { format!("{text}.0") };
                }
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

/// The same as a number with a sign.
fn signed(expr: Expr) -> Expr {
    Expr::Cast {
        kind: CastKind::Cast,
        expr: Box::new(expr),
        data_type: DataType::BigInt(None),
        array: false,
        format: None,
    }
}
