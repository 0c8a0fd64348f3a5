//! `unsafe`: where it is, and whether it says why it is sound.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::tree::File;

/// How many lines of the same statement may stand between a reason and its `unsafe`.
const REACH: usize = 3;

/// True if a file has an `unsafe` of any kind, or allows it. A file that is not Rust counts, to be looked at.
pub(super) fn has_unsafe(file: &File) -> bool {
    match file.text.parse::<TokenStream>() {
        Ok(tokens) => any(tokens, &mut |word, _| matches!(word, "unsafe" | "unsafe_code")),
        Err(_) => true,
    }
}

/// The `unsafe` blocks and implementations of a file that no `// SAFETY:` comment explains.
pub(super) fn unexplained_unsafe(file: &File) -> Vec<String> {
    let mut wrong = Vec::new();
    let Ok(tokens) = file.text.parse::<TokenStream>() else {
        return vec![format!("{}: not Rust", file.path)];
    };
    let lines: Vec<&str> = file.text.lines().collect();
    any(tokens, &mut |word, place| {
        // An `unsafe fn` or an `unsafe extern` states its terms in its documentation, which clippy asks for.
        if word == "unsafe" && place.owes_a_reason && !explained(&lines, place.line) {
            wrong.push(format!("{}:{}: unsafe without a `// SAFETY:` comment above", file.path, place.line));
        }
        false
    });
    wrong
}

struct Place {
    line: usize,
    /// An `unsafe` block or `unsafe impl`.
    owes_a_reason: bool,
}

/// Calls `found` for each word of a file until it says true.
fn any(tokens: TokenStream, found: &mut impl FnMut(&str, &Place) -> bool) -> bool {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        let stop = match token {
            TokenTree::Group(group) => any(group.stream(), found),
            TokenTree::Ident(word) => {
                let owes_a_reason = match tokens.get(at + 1) {
                    Some(TokenTree::Group(group)) => group.delimiter() == Delimiter::Brace,
                    Some(TokenTree::Ident(next)) => next == "impl",
                    _ => false,
                };
                found(&word.to_string(), &Place { line: word.span().start().line, owes_a_reason })
            }
            _ => false,
        };
        if stop {
            return true;
        }
    }
    false
}

/// True if the comment that ends right above the statement with this line (counted from 1) has a reason.
fn explained(lines: &[&str], line: usize) -> bool {
    let is_comment = |at: usize| lines[at].trim_start().starts_with("//");
    let mut at = line - 1;
    for _ in 0..REACH {
        if at == 0 || is_comment(at - 1) {
            break;
        }
        // A finished statement or an opened block is not part of ours.
        let above = lines[at - 1].trim_end();
        if above.ends_with([';', '{', '}']) || above.trim().is_empty() {
            break;
        }
        at -= 1;
    }
    let mut comment = (0..at).rev().take_while(|&above| is_comment(above));
    comment.any(|above| lines[above].contains("SAFETY:"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> File {
        File::new("src/place/map.rs", text)
    }

    #[test]
    fn unsafe_is_seen_in_code_and_in_attributes_but_not_in_text() {
        for text in [
            "fn f() { unsafe { g() } }",
            "unsafe impl Send for A {}",
            "unsafe extern \"C\" { fn f(); }",
            "#![allow(unsafe_code)]",
            "#[expect(unsafe_code)] fn f() {}",
            "macro_rules! m { () => { unsafe { g() } } }",
        ] {
            assert!(has_unsafe(&file(text)), "{text}");
        }
        assert!(!has_unsafe(&file("//! No unsafe here.\n// unsafe { }\nfn f() { let s = \"unsafe\"; }")));
    }

    #[test]
    fn a_reason_right_above_the_statement_explains() {
        let text = "
            fn f() {
                // SAFETY: the pointer is ours,
                // and so is the length.
                let x = unsafe { g() };
                // SAFETY: as above.
                let long_name =
                    unsafe { g() };
                // SAFETY: nobody writes.
                unsafe { g() }
            }
            // SAFETY: no shared state.
            unsafe impl Send for A {}
            /// # Safety
            /// The caller holds the lock.
            unsafe fn h() {}
        ";
        assert_eq!(unexplained_unsafe(&file(text)), Vec::<String>::new());
    }

    #[test]
    fn a_missing_or_distant_reason_does_not() {
        for text in [
            "fn f() { unsafe { g() } }",
            "unsafe impl Send for A {}",
            "fn f() {\n    // quick\n    unsafe { g() }\n}",
            "// SAFETY: far away.\nfn f() {\n    unsafe { g() }\n}",
        ] {
            assert_eq!(unexplained_unsafe(&file(text)).len(), 1, "{text}");
        }
        let second = "fn f() {\n    // SAFETY: one.\n    unsafe { g() };\n    unsafe { g() };\n}";
        assert_eq!(
            unexplained_unsafe(&file(second)),
            ["src/place/map.rs:4: unsafe without a `// SAFETY:` comment above"]
        );
    }
}
