//! [`Recipe`]: what a model expects of a picture, and what its numbers mean, as a file.

use std::path::Path;

use serde_json::{Map, Value as Json};

use super::head::Head;
use crate::augment::{Normalize, Pipeline};
use crate::error::{Error, ErrorKind, Place, Result};
use crate::schema::classes::ClassTable;
use crate::schema::labels;

/// How a model is used. Read from TOML, JSON or YAML (`schemas/recipe.json`).
///
/// ```
/// use lensframe::predict::Recipe;
/// let recipe = Recipe::from_toml(r#"
///     classes = ["face"]
///     [input]
///     steps = [{ op = "resize", size = [480, 640] }]
///     [output]
///     kind = "heatmap"
///     heat = "537"
///     size = "538"
///     stride = 4
/// "#)?;
/// assert_eq!(recipe.classes().map(|table| table.len()), Some(1));
/// # Ok::<(), lensframe::error::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Recipe {
    input: Input,
    head: Head,
    classes: Option<ClassTable>,
    json: Json,
}

/// What a model expects.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// The model's input; its first where there is none.
    pub name: Option<String>,
    /// What is done to pictures. What it gives are levels, which are normalised where the model runs.
    pub pipeline: Pipeline,
    /// (v / max − mean) / std for each channel, in the order of red, green, blue.
    pub normalize: Option<Normalize>,
    /// Pictures that the model takes at a time; none for any number.
    pub batch: Option<usize>,
    /// The sides of pictures are made multiples of this, with zeros around them.
    pub multiple: u32,
    /// The model takes pictures of any size and number, whatever its file says.
    pub any_size: bool,
}

impl Recipe {
    /// The recipe in a file: `.toml`, `.json`, `.yaml` or `.yml`.
    ///
    /// # Errors
    /// `Usage` for what is no recipe, with the file and the parameter; the operating system's.
    pub fn open(path: &Path) -> Result<Recipe> {
        let place = || Place::area("recipe").file(path);
        let text = std::fs::read_to_string(path).map_err(|e| Error::io("read", e).at(place()))?;
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
        let json = match extension.to_ascii_lowercase().as_str() {
            "json" => serde_json::from_str(&text).map_err(|e| no_recipe(&format!("no JSON: {e}"))),
            "yaml" | "yml" => serde_yaml_ng::from_str(&text).map_err(|e| no_recipe(&format!("no YAML: {e}"))),
            _ => toml::from_str(&text).map_err(|e| no_recipe(&format!("no TOML: {e}"))),
        };
        json.and_then(|json| Recipe::from_value(named(json, path)?)).map_err(|e| e.at(place()))
    }

    /// The recipe of a TOML text.
    ///
    /// # Errors
    /// `Usage` for what is no recipe.
    pub fn from_toml(text: &str) -> Result<Recipe> {
        toml::from_str(text).map_err(|e| no_recipe(&format!("no TOML: {e}"))).and_then(Recipe::from_value)
    }

    /// The recipe of a value: `input`, `output` and, where wanted, `classes` (names, or the name of a known table) and
    /// `about` (text for people).
    ///
    /// # Errors
    /// `Usage` for what is no recipe.
    pub fn from_value(json: Json) -> Result<Recipe> {
        let Json::Object(mut members) = json.clone() else {
            return Err(no_recipe("no object with input and output"));
        };
        let mut object = |name: &str| match members.remove(name) {
            Some(Json::Object(members)) => Ok(members),
            Some(_) => Err(no_recipe(&format!("'{name}' is no object"))),
            None => Err(no_recipe(&format!("'{name}' is missing"))),
        };
        let (input, output) = (object("input")?, object("output")?);
        let input = Input::parse(input).map_err(|e| e.at(Place::area("recipe").key("input")))?;
        let head = Head::parse(output)?;
        let classes = members.remove("classes").map(|classes| table(&classes)).transpose()?;
        if !matches!(members.remove("about"), None | Some(Json::String(_))) {
            return Err(no_recipe("'about' is no text"));
        }
        match members.into_iter().next() {
            Some((name, _)) => Err(no_recipe(&format!("'{name}' is none of input, output, classes, about"))),
            None => Ok(Recipe { input, head, classes, json }),
        }
    }

    /// What the model expects.
    pub fn input(&self) -> &Input {
        &self.input
    }

    /// What its numbers mean.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// Its classes, if the recipe says them.
    pub fn classes(&self) -> Option<&ClassTable> {
        self.classes.as_ref()
    }

    /// The recipe as it was read, for whoever writes down where predictions come from.
    pub fn json(&self) -> &Json {
        &self.json
    }

    /// The same, telling only objects of at least this score.
    #[must_use]
    pub fn with_least_score(self, score: f64) -> Recipe {
        Recipe { head: self.head.with_least_score(score), ..self }
    }
}

impl Input {
    fn parse(mut members: Map<String, Json>) -> Result<Input> {
        let mut take = |name: &str| members.remove(name).filter(|value| !value.is_null());
        let name = match take("name") {
            Some(Json::String(name)) => Some(name),
            Some(_) => return Err(wrong("name is no text")),
            None => None,
        };
        let number = |value: Option<Json>, name: &str| match value.map(|value| value.as_u64()) {
            None => Ok(None),
            Some(Some(n)) if n > 0 && n < 1 << 16 => Ok(Some(n)),
            Some(_) => Err(wrong(&format!("{name} is no number from 1 on"))),
        };
        let batch = number(take("batch"), "batch")?.and_then(|n| usize::try_from(n).ok());
        let multiple = number(take("multiple"), "multiple")?.and_then(|n| u32::try_from(n).ok());
        let any_size = match take("any_size") {
            None => false,
            Some(Json::Bool(any)) => any,
            Some(_) => return Err(wrong("any_size is neither true nor false")),
        };
        let mut pipeline = Map::new();
        for key in ["decode", "order", "bgr"] {
            if let Some(value) = take(key) {
                pipeline.insert(key.to_owned(), value);
            }
        }
        let steps = match take("steps") {
            Some(Json::Array(steps)) => steps,
            Some(_) => return Err(wrong("steps is no list of operations")),
            None => Vec::new(),
        };
        if let Some((name, _)) = members.into_iter().next() {
            let known = "name, batch, multiple, any_size, decode, order, bgr, steps";
            return Err(wrong(&format!("'{name}' is none of {known}")));
        }
        let is_normalize = |step: &Json| step.get("op").and_then(Json::as_str) == Some("normalize");
        let (last, rest) = match steps.split_last() {
            Some((last, rest)) if is_normalize(last) => (Some(last), rest),
            _ => (None, steps.as_slice()),
        };
        if rest.iter().any(is_normalize) {
            return Err(wrong("normalize is the last step"));
        }
        let normalize = last.map(|step| normalize(step.clone())).transpose()?;
        let decode = pipeline.remove("decode").unwrap_or_else(|| "exact".into());
        let whole = serde_json::json!({ "steps": rest, "decode": decode, "output": pipeline });
        Ok(Input {
            name,
            pipeline: Pipeline::from_value(whole)?,
            normalize,
            batch,
            multiple: multiple.unwrap_or(1),
            any_size,
        })
    }
}

/// The step that runs with the model: checked as a pipeline checks it.
fn normalize(mut step: Json) -> Result<Normalize> {
    Pipeline::from_value(serde_json::json!({ "steps": [step] }))?;
    if let Json::Object(members) = &mut step {
        members.remove("op");
    }
    serde_json::from_value(step).map_err(|e| wrong(&e.to_string()))
}

/// A recipe whose classes are a file of names beside it, a line a name, with the names in its place.
fn named(mut json: Json, recipe: &Path) -> Result<Json> {
    let Some(name) = json.get("classes").and_then(Json::as_str) else { return Ok(json) };
    let path = recipe.with_file_name(name);
    if labels::table(name).is_some() || !path.is_file() {
        return Ok(json);
    }
    let place = || Place::area("recipe").file(&path);
    let text = std::fs::read_to_string(&path).map_err(|e| Error::io("read", e).at(place()))?;
    let names: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    json["classes"] = names.into();
    Ok(json)
}

fn table(classes: &Json) -> Result<ClassTable> {
    match classes {
        Json::String(name) => labels::table(name).ok_or_else(|| {
            let known: Vec<&str> = labels::names().collect();
            no_recipe(&format!("there is no class table '{name}'")).remedy(format!(
                "list the names, name a file of them beside the recipe, or say one of {}",
                known.join(", ")
            ))
        }),
        Json::Array(names) => {
            let names: Option<Vec<&str>> = names.iter().map(Json::as_str).collect();
            names.map(ClassTable::from_names).ok_or_else(|| no_recipe("classes are names"))
        }
        _ => Err(no_recipe("classes are a list of names, or the name of a known table")),
    }
}

fn wrong(what: &str) -> Error {
    Error::new(ErrorKind::Usage, what.to_owned())
}

fn no_recipe(what: &str) -> Error {
    Error::new(ErrorKind::Usage, what.to_owned()).at(Place::area("recipe"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> String {
        Recipe::from_toml(text).unwrap_err().to_string()
    }

    #[test]
    fn what_is_no_recipe_is_said_with_its_place() {
        let output = "[output]\nkind = \"classes\"\n";
        assert!(said("").contains("'input' is missing"));
        assert!(said(&format!("[input]\nsteps = 3\n{output}")).contains("steps is no list"));
        assert!(said(&format!("[input]\nstep = []\n{output}")).contains("'step' is none of"));
        assert!(said("[input]\n[output]\nkind = \"boxen\"").contains("'boxen' is no kind of output"));
        assert!(said("[input]\n[output]\nkind = \"classes\"\ntops = 3").contains("tops"));
        let text = format!("classes = \"cocoa\"\n[input]\n{output}");
        assert!(said(&text).contains("there is no class table 'cocoa'"));
        let early =
            r#"steps = [{op = "normalize", mean = [0,0,0], std = [1,1,1]}, {op = "resize", size = 8}]"#;
        assert!(said(&format!("[input]\n{early}\n{output}")).contains("normalize is the last step"));
    }

    #[test]
    fn levels_are_normalised_where_the_model_runs() {
        let text = r#"
            classes = ["cat", "dog"]
            [input]
            bgr = true
            steps = [
                { op = "resize", size = 8 },
                { op = "normalize", mean = [0.5, 0.5, 0.5], std = [0.25, 0.25, 0.5] },
            ]
            [output]
            kind = "classes"
            top = 1
        "#;
        let recipe = Recipe::from_toml(text).unwrap();
        assert_eq!(recipe.input().pipeline.finish().dtype, crate::augment::Dtype::U8);
        assert!(recipe.input().pipeline.finish().bgr);
        assert_eq!(recipe.input().normalize.as_ref().map(|own| own.std), Some([0.25, 0.25, 0.5]));
        assert_eq!(recipe.classes().map(ClassTable::len), Some(2));
    }
}
