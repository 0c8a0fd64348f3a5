//! Functions that polars answers otherwise than SQL means them.

use std::ops::ControlFlow;

use sqlparser::ast::{Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, WindowType};

use super::{AGGREGATES, Asked, has_aggregate, has_column, name_of, stop};
use crate::error::Error;

/// Aggregates that polars sums up row by row.
const RUNNING: [&str; 4] = ["sum", "min", "max", "count"];

impl Asked {
    /// What functions polars answers otherwise than SQL means them.
    pub(super) fn function(function: &Function) -> ControlFlow<Error> {
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
        let text = function.to_string();
        let Some(WindowType::WindowSpec(window)) = &function.over else {
            return ControlFlow::Continue(());
        };
        let sorted = !window.order_by.is_empty();
        match &window.window_frame {
            None if aggregate && sorted => stop(
                format!("'{text}' does not say which rows it sums up to"),
                "add ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW",
            ),
            Some(_) if !RUNNING.contains(&name.as_str()) => stop(
                format!("'{text}': only SUM, MIN, MAX and COUNT are answered over rows of a window"),
                "say AVG as SUM(…) OVER (…) / COUNT(…) OVER (…), and LAST_VALUE as FIRST_VALUE in the other order",
            ),
            _ => ControlFlow::Continue(()),
        }
    }
}
