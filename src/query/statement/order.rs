//! What the columns of an answer are called, and what it is sorted by.

use std::ops::ControlFlow;

use sqlparser::ast::{
    Expr, Ident, OrderByKind, Query as Ast, Select, SelectItem, SetExpr, Value, ValueWithSpan,
};

use super::{Asked, has_aggregate, stop};
use crate::error::Error;

impl Asked {
    /// Gives columns without a name their text for one, and two of one name the names of their tables.
    pub(super) fn names(select: &mut Select) {
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
    pub(super) fn order(query: &mut Ast) -> ControlFlow<Error> {
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
        let stars =
            |item: &SelectItem| matches!(item, SelectItem::Wildcard(_) | SelectItem::QualifiedWildcard(..));
        let single = !select.projection.iter().any(stars) && !Asked::is_grouped(select);
        for one in by {
            one.options.nulls_first.get_or_insert(false);
            // A name is that of the answer's column, if it has one: polars takes the table's.
            let alias = |item: &SelectItem| match (item, &one.expr) {
                (SelectItem::ExprWithAlias { alias, .. }, Expr::Identifier(name)) => {
                    alias.value == name.value
                }
                _ => false,
            };
            if let Some(place) = select.projection.iter().position(alias).filter(|_| single) {
                one.expr = Expr::Value(ValueWithSpan::from(Value::Number((place + 1).to_string(), false)));
                continue;
            }
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
}
