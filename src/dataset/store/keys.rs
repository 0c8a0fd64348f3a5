//! A group's keys across its files: declared, matched, widened.

use std::collections::BTreeSet;

use arrow_schema::Field;
use serde_json::Map;

use super::cast;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::schema::boxes::check_boxes;
use crate::schema::classes::ClassTable;
use crate::schema::manifest::{Group, IMAGE_ID, KeyEntry, ROW};
use crate::schema::types;

/// The group of declared fields, as it is stored: views plain, everything nullable.
///
/// # Errors
/// [`ErrorKind::Usage`] where the first key is not `image_id`, [`ErrorKind::Key`] for a reserved or repeated
/// name, [`ErrorKind::Type`] for a type that is not stored.
pub(super) fn declare(name: &str, fields: &[Field]) -> Result<(Group, Vec<Field>)> {
    let place = || Place::area(format!("store: group '{name}'"));
    if fields.first().is_none_or(|f| f.name() != IMAGE_ID) {
        return Err(Error::new(ErrorKind::Usage, format!("the first key is not '{IMAGE_ID}'"))
            .at(place())
            .remedy("let every group begin with the image's id, so that its files can be joined"));
    }
    let (mut stored, mut entries, mut names) = (Vec::new(), Vec::new(), BTreeSet::new());
    for field in fields {
        if field.name() == ROW || !names.insert(field.name()) {
            let what = if field.name() == ROW { "the name is reserved" } else { "the key is declared twice" };
            return Err(Error::new(ErrorKind::Key, what).at(place().key(field.name())));
        }
        check_boxes(field).map_err(|e| e.at(place().key(field.name())))?;
        let plain = Field::new(field.name(), cast::stored_type(field.data_type()), true)
            .with_metadata(field.metadata().clone());
        let entry = KeyEntry::of(&plain).map_err(|e| e.at(place()))?;
        // What the text does not keep (metadata of inner fields) is not written either.
        stored.push(entry.field()?);
        entries.push(entry);
    }
    Ok((Group { name: name.to_owned(), keys: entries, rest: Map::new() }, stored))
}

/// Makes `there` hold what `new` brings: known keys widen, unknown ones are added at the end.
///
/// # Errors
/// [`ErrorKind::Mismatch`] where a key's types or axes cannot be joined.
pub(super) fn widen_group(there: &mut Group, new: &Group) -> Result<()> {
    for key in &new.keys {
        let Some(old) = there.keys.iter_mut().find(|k| k.name == key.name) else {
            there.keys.push(key.clone());
            continue;
        };
        let place = || Place::area(format!("store: group '{}'", new.name)).key(key.name.clone());
        if old.axis != key.axis {
            let what = format!("the key counts along '{}' in the dataset and '{}' here", old.axis, key.axis);
            return Err(Error::new(ErrorKind::Mismatch, what).at(place()));
        }
        let wide = types::widen(&types::parse(&old.ty)?, &types::parse(&key.ty)?).ok_or_else(|| {
            let what = format!("the key is {} in the dataset and {} here", old.ty, key.ty);
            Error::new(ErrorKind::Mismatch, what).at(place()).remedy("convert it to the dataset's type first")
        })?;
        old.ty = types::to_text(&wide)?;
    }
    Ok(())
}

/// Checks that no key but `image_id` is in two groups, and that all groups have ids of one type.
///
/// # Errors
/// [`ErrorKind::Key`] or [`ErrorKind::Mismatch`], naming the key and both groups.
pub(super) fn check_distinct(groups: &[Group]) -> Result<()> {
    for (n, group) in groups.iter().enumerate() {
        for key in &group.keys {
            let earlier = groups
                .iter()
                .take(n)
                .find_map(|g| g.keys.iter().find(|k| k.name == key.name).map(|k| (g, k)));
            let Some((other, found)) = earlier else { continue };
            let place = || Place::area("store").key(key.name.clone());
            if key.name != IMAGE_ID {
                let what = format!("the key is in groups '{}' and '{}'", other.name, group.name);
                return Err(Error::new(ErrorKind::Key, what).at(place()));
            }
            let (a, b) = (types::parse(&found.ty)?, types::parse(&key.ty)?);
            if types::widen(&a, &b).is_none() {
                let what = format!(
                    "ids are {} in group '{}' and {} in group '{}'",
                    found.ty, other.name, key.ty, group.name
                );
                return Err(Error::new(ErrorKind::Mismatch, what).at(place()));
            }
        }
    }
    Ok(())
}

/// The name a class table is stored under: a hash of all it says, colours and extras included.
pub(super) fn content_hash(table: &ClassTable) -> String {
    let text = serde_json::to_vec(table).unwrap_or_default();
    blake3::hash(&text).to_hex().chars().take(16).collect()
}
