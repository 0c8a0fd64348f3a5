//! [`Methods`]: how a resize mixes pixels, or among which ways it draws.

use serde::{Deserialize, Serialize};

use crate::augment::draw::Draw;
use crate::image::{Interpolation, Method};

/// One way to mix pixels, or several of which one is drawn for each picture: ChainerCV's
/// `resize_with_random_interpolation`, whose five are `random` here.
///
/// ```
/// use lensframe::augment::ops::methods::Methods;
/// let of = |json| serde_json::from_str::<Methods>(json);
/// assert_eq!(of("\"random\"").unwrap().all().len(), 5);
/// assert_eq!(of("\"area\"").unwrap().all().len(), 1);
/// assert!(of("[]").is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Form", into = "Form")]
pub struct Methods(Vec<Method>);

/// What is written in a file.
#[derive(Serialize, Deserialize)]
#[serde(
    untagged,
    expecting = "a method is nearest, bilinear, bicubic, lanczos or area, a list of them, or random"
)]
enum Form {
    One(Method),
    Several(Vec<Method>),
    Any(Any),
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Any {
    Random,
}

/// ChainerCV's, in its order.
const ALL: [Method; 5] = [Method::Bilinear, Method::Area, Method::Nearest, Method::Bicubic, Method::Lanczos];

impl Default for Methods {
    /// Bilinear.
    fn default() -> Methods {
        Methods(vec![Method::default()])
    }
}

impl TryFrom<Form> for Methods {
    type Error = &'static str;

    fn try_from(form: Form) -> Result<Methods, &'static str> {
        match form {
            Form::One(method) => Ok(Methods(vec![method])),
            Form::Several(list) if list.is_empty() => Err("a list of methods has one at least"),
            Form::Several(list) => Ok(Methods(list)),
            Form::Any(Any::Random) => Ok(Methods(ALL.to_vec())),
        }
    }
}

impl From<Methods> for Form {
    fn from(methods: Methods) -> Form {
        match methods.0.as_slice() {
            [one] => Form::One(*one),
            all if all == ALL => Form::Any(Any::Random),
            _ => Form::Several(methods.0),
        }
    }
}

impl Methods {
    /// The ways.
    pub fn all(&self) -> &[Method] {
        &self.0
    }

    /// The rule for a picture; something is drawn where there are several, and told as `interpolation`.
    pub(super) fn rule(&self, antialias: bool, draw: &mut Draw<'_>) -> Interpolation {
        let method = match self.0.as_slice() {
            [one] => *one,
            several => {
                let method = draw.one_of(several).copied().unwrap_or_default();
                draw.tell("interpolation", format!("{method:?}").to_lowercase().as_str());
                method
            }
        };
        method.rule(antialias)
    }
}
