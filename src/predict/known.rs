//! Recipes that come with the program, by name.

use super::recipe::Recipe;
use crate::error::{Error, ErrorKind, Place, Result};

/// Name and text of each.
const KNOWN: [(&str, &str); 7] = [
    ("centerface", include_str!("recipes/centerface.toml")),
    ("dbnet", include_str!("recipes/dbnet.toml")),
    ("efficientnet-lite0", include_str!("recipes/efficientnet-lite0.toml")),
    ("imagenet", include_str!("recipes/imagenet.toml")),
    ("shapes", include_str!("recipes/shapes.toml")),
    ("yolov5", include_str!("recipes/yolov5.toml")),
    ("yolov8", include_str!("recipes/yolov8.toml")),
];

/// The names of the recipes that come with the program.
pub fn names() -> impl Iterator<Item = &'static str> {
    KNOWN.iter().map(|(name, _)| *name)
}

/// The text of the recipe of this name.
pub fn text(name: &str) -> Option<&'static str> {
    KNOWN.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// The recipe of this name.
///
/// # Errors
/// `NotFound` with the names that there are.
pub fn recipe(name: &str) -> Result<Recipe> {
    let text = text(name).ok_or_else(|| {
        let names: Vec<&str> = names().collect();
        Error::new(ErrorKind::NotFound, format!("there is no recipe '{name}', and no file of this name"))
            .at(Place::area("recipe"))
            .remedy(format!("name a file, or one of {}", names.join(", ")))
    })?;
    Recipe::from_toml(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_recipe_reads() {
        for name in names() {
            let recipe = recipe(name).unwrap();
            assert!(recipe.json().get("about").is_some(), "{name} says nothing of itself");
        }
    }
}
