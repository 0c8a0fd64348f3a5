//! What holds of any bytes taken for a manifest; shared by the fuzz target and the replay of its corpus.

use lensframe::schema::manifest::Version;

/// A manifest that is accepted survives a rewrite, and its paths stay in its folder.
pub(crate) fn check(data: &[u8]) {
    let Ok(version) = Version::parse(data) else { return };
    let text = version.to_text().expect("an accepted manifest can be written");
    let again = Version::parse(&text).expect("a written manifest can be read");
    assert_eq!(again.to_text().expect("and written again"), text);
    for file in version.files() {
        assert!(!file.path.starts_with('/') && !file.path.split('/').any(|part| part == ".."));
    }
    assert!(version.rows() <= version.stored_rows());
    for key in version.groups.iter().flat_map(|group| &group.keys) {
        key.field().expect("an accepted key has a field");
    }
}
