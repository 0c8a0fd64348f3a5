//! [`joined`]: Arabic letters in the forms that they take beside each other.
//!
//! The rule is Unicode's (the core specification, chapter 9, "Arabic Cursive Joining"): a letter that joins on
//! both sides is initial, medial, final or isolated by what it stands between; one that joins to the right only
//! is final or isolated; marks are looked through. The forms are those of the blocks Arabic Presentation Forms A
//! and B, taken from the decompositions of the Unicode character database; a letter without forms there stays as
//! it is and joins nothing. Lam before alef becomes one letter.
//!
//! Text stays in logical order. What has no presentation form (most letters of African and Asian languages, all
//! of Syriac and N'Ko) is not joined.

/// Letter, then its isolated, final, initial and medial forms; without the last two it joins to the right only.
#[rustfmt::skip]
const FORMS: [(char, [char; 4]); 76] = [
    ('\u{0621}', ['\u{FE80}', '\0', '\0', '\0']),
    ('\u{0622}', ['\u{FE81}', '\u{FE82}', '\0', '\0']),
    ('\u{0623}', ['\u{FE83}', '\u{FE84}', '\0', '\0']),
    ('\u{0624}', ['\u{FE85}', '\u{FE86}', '\0', '\0']),
    ('\u{0625}', ['\u{FE87}', '\u{FE88}', '\0', '\0']),
    ('\u{0626}', ['\u{FE89}', '\u{FE8A}', '\u{FE8B}', '\u{FE8C}']),
    ('\u{0627}', ['\u{FE8D}', '\u{FE8E}', '\0', '\0']),
    ('\u{0628}', ['\u{FE8F}', '\u{FE90}', '\u{FE91}', '\u{FE92}']),
    ('\u{0629}', ['\u{FE93}', '\u{FE94}', '\0', '\0']),
    ('\u{062A}', ['\u{FE95}', '\u{FE96}', '\u{FE97}', '\u{FE98}']),
    ('\u{062B}', ['\u{FE99}', '\u{FE9A}', '\u{FE9B}', '\u{FE9C}']),
    ('\u{062C}', ['\u{FE9D}', '\u{FE9E}', '\u{FE9F}', '\u{FEA0}']),
    ('\u{062D}', ['\u{FEA1}', '\u{FEA2}', '\u{FEA3}', '\u{FEA4}']),
    ('\u{062E}', ['\u{FEA5}', '\u{FEA6}', '\u{FEA7}', '\u{FEA8}']),
    ('\u{062F}', ['\u{FEA9}', '\u{FEAA}', '\0', '\0']),
    ('\u{0630}', ['\u{FEAB}', '\u{FEAC}', '\0', '\0']),
    ('\u{0631}', ['\u{FEAD}', '\u{FEAE}', '\0', '\0']),
    ('\u{0632}', ['\u{FEAF}', '\u{FEB0}', '\0', '\0']),
    ('\u{0633}', ['\u{FEB1}', '\u{FEB2}', '\u{FEB3}', '\u{FEB4}']),
    ('\u{0634}', ['\u{FEB5}', '\u{FEB6}', '\u{FEB7}', '\u{FEB8}']),
    ('\u{0635}', ['\u{FEB9}', '\u{FEBA}', '\u{FEBB}', '\u{FEBC}']),
    ('\u{0636}', ['\u{FEBD}', '\u{FEBE}', '\u{FEBF}', '\u{FEC0}']),
    ('\u{0637}', ['\u{FEC1}', '\u{FEC2}', '\u{FEC3}', '\u{FEC4}']),
    ('\u{0638}', ['\u{FEC5}', '\u{FEC6}', '\u{FEC7}', '\u{FEC8}']),
    ('\u{0639}', ['\u{FEC9}', '\u{FECA}', '\u{FECB}', '\u{FECC}']),
    ('\u{063A}', ['\u{FECD}', '\u{FECE}', '\u{FECF}', '\u{FED0}']),
    ('\u{0641}', ['\u{FED1}', '\u{FED2}', '\u{FED3}', '\u{FED4}']),
    ('\u{0642}', ['\u{FED5}', '\u{FED6}', '\u{FED7}', '\u{FED8}']),
    ('\u{0643}', ['\u{FED9}', '\u{FEDA}', '\u{FEDB}', '\u{FEDC}']),
    ('\u{0644}', ['\u{FEDD}', '\u{FEDE}', '\u{FEDF}', '\u{FEE0}']),
    ('\u{0645}', ['\u{FEE1}', '\u{FEE2}', '\u{FEE3}', '\u{FEE4}']),
    ('\u{0646}', ['\u{FEE5}', '\u{FEE6}', '\u{FEE7}', '\u{FEE8}']),
    ('\u{0647}', ['\u{FEE9}', '\u{FEEA}', '\u{FEEB}', '\u{FEEC}']),
    ('\u{0648}', ['\u{FEED}', '\u{FEEE}', '\0', '\0']),
    ('\u{0649}', ['\u{FEEF}', '\u{FEF0}', '\u{FBE8}', '\u{FBE9}']),
    ('\u{064A}', ['\u{FEF1}', '\u{FEF2}', '\u{FEF3}', '\u{FEF4}']),
    ('\u{0671}', ['\u{FB50}', '\u{FB51}', '\0', '\0']),
    ('\u{0677}', ['\u{FBDD}', '\0', '\0', '\0']),
    ('\u{0679}', ['\u{FB66}', '\u{FB67}', '\u{FB68}', '\u{FB69}']),
    ('\u{067A}', ['\u{FB5E}', '\u{FB5F}', '\u{FB60}', '\u{FB61}']),
    ('\u{067B}', ['\u{FB52}', '\u{FB53}', '\u{FB54}', '\u{FB55}']),
    ('\u{067E}', ['\u{FB56}', '\u{FB57}', '\u{FB58}', '\u{FB59}']),
    ('\u{067F}', ['\u{FB62}', '\u{FB63}', '\u{FB64}', '\u{FB65}']),
    ('\u{0680}', ['\u{FB5A}', '\u{FB5B}', '\u{FB5C}', '\u{FB5D}']),
    ('\u{0683}', ['\u{FB76}', '\u{FB77}', '\u{FB78}', '\u{FB79}']),
    ('\u{0684}', ['\u{FB72}', '\u{FB73}', '\u{FB74}', '\u{FB75}']),
    ('\u{0686}', ['\u{FB7A}', '\u{FB7B}', '\u{FB7C}', '\u{FB7D}']),
    ('\u{0687}', ['\u{FB7E}', '\u{FB7F}', '\u{FB80}', '\u{FB81}']),
    ('\u{0688}', ['\u{FB88}', '\u{FB89}', '\0', '\0']),
    ('\u{068C}', ['\u{FB84}', '\u{FB85}', '\0', '\0']),
    ('\u{068D}', ['\u{FB82}', '\u{FB83}', '\0', '\0']),
    ('\u{068E}', ['\u{FB86}', '\u{FB87}', '\0', '\0']),
    ('\u{0691}', ['\u{FB8C}', '\u{FB8D}', '\0', '\0']),
    ('\u{0698}', ['\u{FB8A}', '\u{FB8B}', '\0', '\0']),
    ('\u{06A4}', ['\u{FB6A}', '\u{FB6B}', '\u{FB6C}', '\u{FB6D}']),
    ('\u{06A6}', ['\u{FB6E}', '\u{FB6F}', '\u{FB70}', '\u{FB71}']),
    ('\u{06A9}', ['\u{FB8E}', '\u{FB8F}', '\u{FB90}', '\u{FB91}']),
    ('\u{06AD}', ['\u{FBD3}', '\u{FBD4}', '\u{FBD5}', '\u{FBD6}']),
    ('\u{06AF}', ['\u{FB92}', '\u{FB93}', '\u{FB94}', '\u{FB95}']),
    ('\u{06B1}', ['\u{FB9A}', '\u{FB9B}', '\u{FB9C}', '\u{FB9D}']),
    ('\u{06B3}', ['\u{FB96}', '\u{FB97}', '\u{FB98}', '\u{FB99}']),
    ('\u{06BA}', ['\u{FB9E}', '\u{FB9F}', '\0', '\0']),
    ('\u{06BB}', ['\u{FBA0}', '\u{FBA1}', '\u{FBA2}', '\u{FBA3}']),
    ('\u{06BE}', ['\u{FBAA}', '\u{FBAB}', '\u{FBAC}', '\u{FBAD}']),
    ('\u{06C0}', ['\u{FBA4}', '\u{FBA5}', '\0', '\0']),
    ('\u{06C1}', ['\u{FBA6}', '\u{FBA7}', '\u{FBA8}', '\u{FBA9}']),
    ('\u{06C5}', ['\u{FBE0}', '\u{FBE1}', '\0', '\0']),
    ('\u{06C6}', ['\u{FBD9}', '\u{FBDA}', '\0', '\0']),
    ('\u{06C7}', ['\u{FBD7}', '\u{FBD8}', '\0', '\0']),
    ('\u{06C8}', ['\u{FBDB}', '\u{FBDC}', '\0', '\0']),
    ('\u{06C9}', ['\u{FBE2}', '\u{FBE3}', '\0', '\0']),
    ('\u{06CB}', ['\u{FBDE}', '\u{FBDF}', '\0', '\0']),
    ('\u{06CC}', ['\u{FBFC}', '\u{FBFD}', '\u{FBFE}', '\u{FBFF}']),
    ('\u{06D0}', ['\u{FBE4}', '\u{FBE5}', '\u{FBE6}', '\u{FBE7}']),
    ('\u{06D2}', ['\u{FBAE}', '\u{FBAF}', '\0', '\0']),
    ('\u{06D3}', ['\u{FBB0}', '\u{FBB1}', '\0', '\0']),
];

/// What lam becomes with an alef after it: the alef, the isolated and the final form.
const LAM_ALEF: [(char, [char; 2]); 4] = [
    ('\u{0622}', ['\u{FEF5}', '\u{FEF6}']),
    ('\u{0623}', ['\u{FEF7}', '\u{FEF8}']),
    ('\u{0625}', ['\u{FEF9}', '\u{FEFA}']),
    ('\u{0627}', ['\u{FEFB}', '\u{FEFC}']),
];

const LAM: char = '\u{0644}';

fn forms(c: char) -> Option<&'static [char; 4]> {
    let at = FORMS.binary_search_by_key(&c, |(letter, _)| *letter).ok()?;
    FORMS.get(at).map(|(_, forms)| forms)
}

/// True if the letter before in the text joins to this one.
fn joins_before(c: char) -> bool {
    is_joiner(c) || forms(c).is_some_and(|[_, last, ..]| *last != '\0')
}

/// True if the letter after in the text joins to this one.
fn joins_after(c: char) -> bool {
    is_joiner(c) || forms(c).is_some_and(|[.., first, _]| *first != '\0')
}

/// The tatweel and the zero width joiner: they join on both sides and have one form.
fn is_joiner(c: char) -> bool {
    matches!(c, '\u{0640}' | '\u{200D}')
}

/// Marks that joining looks through.
fn is_transparent(c: char) -> bool {
    matches!(c, '\u{0610}'..='\u{061A}' | '\u{064B}'..='\u{065F}' | '\u{0670}' | '\u{06D6}'..='\u{06DC}'
        | '\u{06DF}'..='\u{06E4}' | '\u{06E7}' | '\u{06E8}' | '\u{06EA}'..='\u{06ED}')
}

/// Every letter in its form; there may be fewer afterwards.
pub(super) fn joined(text: &[char]) -> Vec<char> {
    let mut out = Vec::with_capacity(text.len());
    // The last letter that is no mark.
    let mut before = None;
    let mut rest = text;
    while let Some((c, tail)) = rest.split_first() {
        rest = tail;
        if is_transparent(*c) {
            out.push(*c);
            continue;
        }
        let from_before = before.is_some_and(joins_after) && joins_before(*c);
        before = Some(*c);
        if let Some(([isolated, last], alef, tail)) = lam_alef(*c, tail) {
            out.push(if from_before { last } else { isolated });
            (before, rest) = (Some(alef), tail);
            continue;
        }
        let after = tail.iter().find(|c| !is_transparent(**c));
        let to_after = joins_after(*c) && after.is_some_and(|c| joins_before(*c));
        out.push(match (forms(*c), from_before, to_after) {
            (None, ..) => *c,
            (Some([isolated, ..]), false, false) => *isolated,
            (Some([_, last, ..]), true, false) => *last,
            (Some([.., first, _]), false, true) => *first,
            (Some([.., medial]), true, true) => *medial,
        });
    }
    out
}

/// The forms of a lam with an alef right after it, that alef, and the text after both.
fn lam_alef(c: char, tail: &[char]) -> Option<([char; 2], char, &[char])> {
    let (alef, tail) = tail.split_first()?;
    let (_, forms) = LAM_ALEF.iter().find(|(letter, _)| c == LAM && letter == alef)?;
    Some((*forms, *alef, tail))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn join(text: &str) -> String {
        joined(&text.chars().collect::<Vec<_>>()).into_iter().collect()
    }

    #[test]
    fn the_table_is_in_order_and_has_no_form_twice() {
        assert!(FORMS.is_sorted_by(|a, b| a.0 < b.0));
        let mut all: Vec<char> = FORMS.iter().flat_map(|(_, forms)| *forms).filter(|c| *c != '\0').collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }

    #[test]
    fn letters_join_by_what_they_stand_between() {
        // kaf, lam, beh: initial, medial, final.
        assert_eq!(join("\u{0643}\u{0644}\u{0628}"), "\u{FEDB}\u{FEE0}\u{FE90}");
        // seen, yeh, alef (joins to the right only), reh, teh marbuta: the last two stand alone.
        assert_eq!(
            join("\u{0633}\u{064A}\u{0627}\u{0631}\u{0629}"),
            "\u{FEB3}\u{FEF4}\u{FE8E}\u{FEAD}\u{FE93}"
        );
        // A mark (fatha) between two letters does not part them; a space does.
        assert_eq!(join("\u{0628}\u{064E}\u{0628}"), "\u{FE91}\u{064E}\u{FE90}");
        assert_eq!(join("\u{0628} \u{0628}"), "\u{FE8F} \u{FE8F}");
        assert_eq!(join("car \u{0640}\u{0628}"), "car \u{0640}\u{FE90}");
    }

    #[test]
    fn lam_and_alef_are_one_letter() {
        assert_eq!(join("\u{0644}\u{0627}"), "\u{FEFB}");
        assert_eq!(join("\u{0633}\u{0644}\u{0627}\u{0645}"), "\u{FEB3}\u{FEFC}\u{FEE1}");
    }
}
