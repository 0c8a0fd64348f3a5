//! Conditions that stand where polars does not answer them, put where it does.

use std::ops::ControlFlow;

use sqlparser::ast::{
    BinaryOperator, Expr, GroupByExpr, JoinConstraint, JoinOperator, Select, visit_expressions,
};

use super::{Asked, has_column, stop};
use crate::error::Error;

/// What a conjunction is made of.
pub(super) fn conjuncts(expr: Expr, out: &mut Vec<Expr>) {
    match expr {
        Expr::BinaryOp { left, op: BinaryOperator::And, right } => {
            conjuncts(*left, out);
            conjuncts(*right, out);
        }
        Expr::Nested(inner) => conjuncts(*inner, out),
        other => out.push(other),
    }
}

pub(super) fn all_of(parts: Vec<Expr>) -> Option<Expr> {
    parts.into_iter().reduce(|left, right| Expr::BinaryOp {
        left: Box::new(left),
        op: BinaryOperator::And,
        right: Box::new(right),
    })
}

/// Whether an expression says that a column of one table is one of another.
fn is_equality(expr: &Expr) -> bool {
    // Two columns of one table are a condition like any other.
    let table = |side: &Expr| match side {
        Expr::Identifier(_) => Some(None),
        Expr::CompoundIdentifier(parts) => Some(parts.first().map(|table| table.value.clone())),
        _ => None,
    };
    let Expr::BinaryOp { left, op: BinaryOperator::Eq, right } = expr else { return false };
    match (table(left), table(right)) {
        (Some(Some(one)), Some(Some(other))) => one != other,
        (Some(_), Some(_)) => true,
        _ => false,
    }
}

impl Asked {
    /// Conditions of joins: polars answers equalities, and takes others for those of WHERE. Says whether every pair of
    /// rows is to be looked at.
    pub(super) fn joins(select: &mut Select) -> ControlFlow<Error, bool> {
        let (mut moved, mut crossed) = (Vec::new(), select.from.len() > 1);
        for join in select.from.iter_mut().flat_map(|table| &mut table.joins) {
            let merged = matches!(
                &join.join_operator,
                JoinOperator::Right(JoinConstraint::Using(_))
                    | JoinOperator::RightOuter(JoinConstraint::Using(_))
                    | JoinOperator::FullOuter(JoinConstraint::Using(_))
            );
            if merged {
                return stop(
                    "USING of a right or full join does not say whose column is meant",
                    "turn a right join around into a left one, or say ON a.x = b.x and COALESCE(a.x, b.x)",
                );
            }
            let (constraint, inner) = match &mut join.join_operator {
                JoinOperator::Join(c) | JoinOperator::Inner(c) => (c, true),
                JoinOperator::Left(c)
                | JoinOperator::LeftOuter(c)
                | JoinOperator::Right(c)
                | JoinOperator::RightOuter(c)
                | JoinOperator::FullOuter(c) => (c, false),
                JoinOperator::CrossJoin(_) => {
                    crossed = true;
                    continue;
                }
                _ => continue,
            };
            if matches!(constraint, JoinConstraint::Natural) {
                return stop(
                    "NATURAL JOIN depends on which columns a question names",
                    "say which ones: JOIN … USING (file_name)",
                );
            }
            let JoinConstraint::On(on) = constraint else { continue };
            let mut parts = Vec::new();
            conjuncts(on.clone(), &mut parts);
            let (equal, others): (Vec<Expr>, Vec<Expr>) = parts.into_iter().partition(is_equality);
            if others.is_empty() {
                continue;
            }
            if !inner {
                return stop(
                    "ON of an outer join holds more than equalities of columns",
                    "choose the rows before: JOIN (SELECT … FROM objects WHERE …) AS o ON …",
                );
            }
            match all_of(equal) {
                Some(equal) => *on = equal,
                // Every pair is looked at.
                None => {
                    crossed = true;
                    join.join_operator = JoinOperator::CrossJoin(JoinConstraint::None);
                }
            }
            moved.extend(others);
        }
        if !moved.is_empty() {
            let own = select.selection.take().map(|own| Expr::Nested(Box::new(own)));
            select.selection = all_of(own.into_iter().chain(moved).collect());
        }
        ControlFlow::Continue(crossed)
    }

    /// Conditions behind HAVING that are of the groups' columns alone: they hold for the rows already, and polars takes
    /// them for lists.
    pub(super) fn having(select: &mut Select) {
        let GroupByExpr::Expressions(by, _) = &select.group_by else { return };
        let by: Vec<String> = by.iter().map(ToString::to_string).collect();
        let Some(having) = select.having.take() else { return };
        let mut parts = Vec::new();
        conjuncts(having, &mut parts);
        let of_groups = |part: &Expr| {
            let strange = |inner: &Expr| match inner {
                Expr::Identifier(_) | Expr::CompoundIdentifier(_) => !by.contains(&inner.to_string()),
                Expr::Function(_) | Expr::Subquery(_) | Expr::InSubquery { .. } => true,
                _ => false,
            };
            let found = |inner: &Expr| {
                if strange(inner) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            };
            has_column(part) && visit_expressions(part, found).is_continue()
        };
        let (rows, groups): (Vec<Expr>, Vec<Expr>) = parts.into_iter().partition(of_groups);
        select.having = all_of(groups);
        if !rows.is_empty() {
            let own = select.selection.take().map(|own| Expr::Nested(Box::new(own)));
            select.selection = all_of(own.into_iter().chain(rows).collect());
        }
    }
}
