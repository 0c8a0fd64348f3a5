//! What a writer changes, said so that it can be applied to whichever version is the newest by then.
//!
//! Invariant: a change names what it found where it replaces something, and applies only where that is still
//! so; otherwise it is a `Conflict`. So a loser of a race goes on from the winner's version when the two touch
//! different things, and never undoes what the winner did.

use serde_json::Map;

use super::keys;
use crate::error::{Error, ErrorKind, Place, Result};
use crate::schema::classes::ClassTable;
use crate::schema::manifest::{FileEntry, Fragment, Group, Root, SetEntry, Version, View};

/// One thing changed.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "a commit has a handful of them, and none is kept")]
pub(super) enum Change {
    /// Everything but the fragment counter goes; the dataset must still be at this version.
    Clear { version: u64 },
    /// A group is there with these keys, its own or wider ones. `fresh`: it may not have been there.
    Group { group: Group, fresh: bool },
    /// A group's keys become these, as its files are replaced.
    Keys { group: Group },
    /// Fragments are added.
    Append(Vec<Fragment>),
    /// A fragment's file of a group is replaced: the path found there, and the new file.
    File { fragment: u32, group: String, found: Option<String>, file: FileEntry },
    /// Every fragment with a file of this group is among these.
    Covered { group: String, fragments: Vec<u32> },
    /// A fragment's list of deleted rows is replaced.
    Deleted { fragment: u32, found: Option<String>, file: FileEntry },
    /// A view is saved, replaced or (`None`) dropped.
    View { name: String, found: Option<View>, view: Option<View> },
    /// A set's class table.
    Classes { set: String, found: Option<String>, table: ClassTable },
    /// A folder of images.
    Root(Root),
    /// A side file.
    Residue { name: String, file: FileEntry },
}

impl Change {
    /// Applies the change to a version.
    ///
    /// # Errors
    /// [`ErrorKind::Conflict`] where another writer has changed the same thing.
    pub(super) fn apply(&self, version: &mut Version) -> Result<()> {
        match self {
            Change::Clear { version: found } => {
                if version.version != *found {
                    return conflict("the dataset was changed while it was being replaced");
                }
                let counter = version.next_fragment;
                let (format, number) = (version.format, version.version);
                *version = Version { format, version: number, next_fragment: counter, ..Version::default() };
            }
            Change::Group { group, fresh } => {
                match version.groups.iter_mut().find(|g| g.name == group.name) {
                    Some(_) if *fresh => return conflict(&format!("group '{}' was added", group.name)),
                    Some(there) => keys::widen_group(there, group)?,
                    None => version.groups.push(group.clone()),
                }
                keys::check_distinct(&version.groups)?;
            }
            Change::Keys { group } => match version.groups.iter_mut().find(|g| g.name == group.name) {
                Some(there) => {
                    there.keys.clone_from(&group.keys);
                    keys::check_distinct(&version.groups)?;
                }
                None => return conflict(&format!("group '{}' was removed", group.name)),
            },
            Change::Append(fragments) => {
                for fragment in fragments {
                    if version.fragment(fragment.id).is_some() {
                        return conflict(&format!("fragment {} was taken", fragment.id));
                    }
                    version.next_fragment = version.next_fragment.max(fragment.id.saturating_add(1));
                    version.fragments.push(fragment.clone());
                }
            }
            Change::File { fragment, group, found, file } => {
                let there = &mut fragment_mut(version, *fragment)?.files;
                if there.get(group).map(|f| &f.path) != found.as_ref() {
                    return conflict(&format!("group '{group}' of fragment {fragment} was changed"));
                }
                there.insert(group.clone(), file.clone());
            }
            Change::Covered { group, fragments } => {
                let with = version.fragments.iter().filter(|f| f.files.contains_key(group));
                if let Some(new) = with.map(|f| f.id).find(|id| !fragments.contains(id)) {
                    return conflict(&format!("fragment {new} was added with a file of group '{group}'"));
                }
            }
            Change::Deleted { fragment, found, file } => {
                let there = fragment_mut(version, *fragment)?;
                if there.deleted.as_ref().map(|f| &f.path) != found.as_ref() {
                    return conflict(&format!("rows of fragment {fragment} were deleted"));
                }
                there.deleted = Some(file.clone());
            }
            Change::View { name, found, view } => {
                if version.views.get(name) != found.as_ref() {
                    return conflict(&format!("view '{name}' was changed"));
                }
                match view {
                    Some(view) => version.views.insert(name.clone(), view.clone()),
                    None => version.views.remove(name),
                };
            }
            Change::Classes { set, found, table } => {
                let hash = keys::content_hash(table);
                let there = version.sets.get(set).map(|entry| &entry.classes);
                if there != found.as_ref() && there != Some(&hash) {
                    return conflict(&format!("the classes of set '{set}' were changed"));
                }
                version.sets.insert(set.clone(), SetEntry { classes: hash.clone(), rest: Map::new() });
                version.classes.insert(hash, table.clone());
                let used: Vec<String> = version.sets.values().map(|entry| entry.classes.clone()).collect();
                version.classes.retain(|hash, _| used.contains(hash));
            }
            Change::Root(root) => {
                if !version.roots.iter().any(|r| r.absolute == root.absolute) {
                    version.roots.push(root.clone());
                }
            }
            Change::Residue { name, file } => {
                if version.residue.insert(name.clone(), file.clone()).is_some() {
                    return conflict(&format!("residue '{name}' was added"));
                }
            }
        }
        Ok(())
    }
}

fn fragment_mut(version: &mut Version, id: u32) -> Result<&mut Fragment> {
    match version.fragments.iter_mut().find(|f| f.id == id) {
        Some(fragment) => Ok(fragment),
        None => conflict(&format!("fragment {id} was removed")),
    }
}

fn conflict<T>(what: &str) -> Result<T> {
    Err(Error::new(ErrorKind::Conflict, format!("{what} by another writer"))
        .at(Place::area("store"))
        .remedy("nothing was changed by this one; look at the newest version and try again"))
}
