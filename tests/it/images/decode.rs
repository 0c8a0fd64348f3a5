//! Real files decode as their README says.

use lensframe::image::{Alpha, Decode, decode};

#[test]
fn every_real_file_decodes() {
    let Some(data) = crate::data() else { return };
    let options = Decode { alpha: Alpha::White, ..Decode::default() };
    for folder in ["codec-cases", "exif", "photos"] {
        for entry in std::fs::read_dir(data.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if !name.contains('.') || name.ends_with(".txt") {
                continue;
            }
            let decoded = decode(&std::fs::read(&path).unwrap(), &options);
            assert!(decoded.is_ok(), "{name}: {}", decoded.unwrap_err());
        }
    }
}
