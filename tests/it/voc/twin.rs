//! A second reader of XML, small and slow, to hold the library's against: it shares nothing with it.

use std::collections::BTreeMap;

/// An element as a value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    pub(super) name: String,
    pub(super) attributes: BTreeMap<String, String>,
    pub(super) children: Vec<Part>,
}

/// What stands in an element.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Part {
    Node(Node),
    Text(String),
}

/// Reads a whole file of UTF-8, with or without a byte order mark.
pub(super) fn read(text: &str) -> Node {
    let text = text.trim_start_matches('\u{FEFF}').replace("\r\n", "\n").replace('\r', "\n");
    let chars: Vec<char> = text.chars().collect();
    let mut at = 0;
    let mut roots = content(&chars, &mut at);
    assert_eq!(at, chars.len(), "an end tag without a beginning");
    roots.retain(|part| matches!(part, Part::Node(_)));
    assert_eq!(roots.len(), 1, "one root");
    match roots.remove(0) {
        Part::Node(node) => node,
        Part::Text(_) => unreachable!(),
    }
}

fn begins(chars: &[char], at: usize, with: &str) -> bool {
    with.chars().enumerate().all(|(i, c)| chars.get(at + i) == Some(&c))
}

/// Everything up to a sign, which is passed.
fn until(chars: &[char], at: &mut usize, end: &str) -> String {
    let mut text = String::new();
    while !begins(chars, *at, end) {
        text.push(chars[*at]);
        *at += 1;
    }
    *at += end.chars().count();
    text
}

fn resolved(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find('&') {
        out.push_str(&rest[..start]);
        let end = rest[start..].find(';').unwrap() + start;
        let name = &rest[start + 1..end];
        match name {
            "amp" => out.push('&'),
            "lt" => out.push('<'),
            "gt" => out.push('>'),
            "quot" => out.push('"'),
            "apos" => out.push('\''),
            _ => {
                let code = match name.strip_prefix("#x") {
                    Some(digits) => u32::from_str_radix(digits, 16).unwrap(),
                    None => name.strip_prefix('#').unwrap().parse().unwrap(),
                };
                out.push(char::from_u32(code).unwrap());
            }
        }
        rest = &rest[end + 1..];
    }
    out.push_str(rest);
    out
}

/// Children up to an end tag or the end of the file.
fn content(chars: &[char], at: &mut usize) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    let add = |parts: &mut Vec<Part>, text: String| match parts.last_mut() {
        Some(Part::Text(before)) => before.push_str(&text),
        _ => parts.push(Part::Text(text)),
    };
    while *at < chars.len() && !begins(chars, *at, "</") {
        if begins(chars, *at, "<!--") {
            until(chars, at, "-->");
        } else if begins(chars, *at, "<![CDATA[") {
            *at += 9;
            let text = until(chars, at, "]]>");
            add(&mut parts, text);
        } else if begins(chars, *at, "<?") {
            until(chars, at, "?>");
        } else if begins(chars, *at, "<!") {
            until(chars, at, ">");
        } else if begins(chars, *at, "<") {
            parts.push(Part::Node(element(chars, at)));
        } else {
            let mut text = String::new();
            while *at < chars.len() && chars[*at] != '<' {
                text.push(chars[*at]);
                *at += 1;
            }
            add(&mut parts, resolved(&text));
        }
    }
    let nodes = parts.iter().any(|part| matches!(part, Part::Node(_)));
    parts.retain(|part| match part {
        Part::Text(text) => {
            !(text.is_empty() || nodes && text.trim_matches([' ', '\n', '\t', '\r']).is_empty())
        }
        Part::Node(_) => true,
    });
    parts
}

fn element(chars: &[char], at: &mut usize) -> Node {
    *at += 1;
    let sign = |c: char| !c.is_whitespace() && !"/>=".contains(c);
    let word = |at: &mut usize| {
        let start = *at;
        while sign(chars[*at]) {
            *at += 1;
        }
        chars[start..*at].iter().collect::<String>()
    };
    let space = |at: &mut usize| {
        while chars[*at].is_whitespace() {
            *at += 1;
        }
    };
    let mut node = Node { name: word(at), attributes: BTreeMap::new(), children: Vec::new() };
    loop {
        space(at);
        if begins(chars, *at, "/>") {
            *at += 2;
            return node;
        }
        if begins(chars, *at, ">") {
            *at += 1;
            break;
        }
        let name = word(at);
        space(at);
        assert_eq!(chars[*at], '=');
        *at += 1;
        space(at);
        let quote = chars[*at].to_string();
        *at += 1;
        let raw = until(chars, at, &quote).replace(['\n', '\t'], " ");
        node.attributes.insert(name, resolved(&raw));
    }
    node.children = content(chars, at);
    *at += 2;
    assert_eq!(word(at), node.name);
    space(at);
    *at += 1;
    node
}
