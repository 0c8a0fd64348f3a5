//! A SELECT before polars sees it: [`Asked`].
//!
//! What polars would not answer as SQL means it is refused, or written so that it does: counts are signed numbers,
//! columns without a name have their text for one, conditions of an inner join that are no equalities stand behind
//! WHERE, and keys with dots are quoted.

mod functions;
mod joins;
mod order;

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use sqlparser::ast::{
    CastKind, DataType, Expr, Function, GroupByExpr, Ident, ObjectName, ObjectNamePart, Query as Ast, Select,
    SelectItem, SetExpr, Statement, TableFactor, Value, ValueWithSpan, VisitMut, VisitorMut,
    visit_expressions,
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
    /// Whether every pair of rows of two tables is looked at.
    pub(super) crossed: bool,
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

/// An expression with nothing in the place of its subqueries, which are answered by themselves.
fn outside(expr: &Expr) -> Expr {
    struct Hide;
    impl VisitorMut for Hide {
        type Break = ();
        fn post_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
            if matches!(expr, Expr::Subquery(_)) {
                *expr = Expr::Value(ValueWithSpan::from(Value::Null));
            }
            ControlFlow::Continue(())
        }
    }
    let mut expr = expr.clone();
    let _ = expr.visit(&mut Hide);
    expr
}

impl Asked {
    /// Whether rows are put together into groups, or all into one.
    fn is_grouped(select: &Select) -> bool {
        let by = match &select.group_by {
            GroupByExpr::Expressions(by, _) => !by.is_empty(),
            GroupByExpr::All(_) => true,
        };
        by || select.projection.iter().any(|item| match item {
            SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => {
                has_aggregate(&outside(expr))
            }
            _ => false,
        })
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
        let items: Vec<Expr> = select
            .projection
            .iter()
            .filter_map(|item| match item {
                SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } => Some(outside(expr)),
                _ => None,
            })
            .collect();
        let one = items.iter().any(has_aggregate);
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
        if select.from.is_empty() && select.selection.is_some() {
            return stop("WHERE without FROM has no rows to look at", "say FROM images, or leave WHERE out");
        }
        Asked::aggregates(select)?;
        Asked::having(select);
        self.crossed |= Asked::joins(select)?;
        ControlFlow::Continue(())
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
