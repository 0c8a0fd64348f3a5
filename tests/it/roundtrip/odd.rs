//! A generator of odd COCO files: all that is legal JSON and some tool has written, in any mixture.

use lensframe::random::Random;

/// Draws JSON text. Everything is a function of the seed.
pub(super) struct Odd {
    random: Random,
}

const NUMBERS: [&str; 16] = [
    "3",
    "3.0",
    "3.25",
    "-1",
    "0",
    "0.0",
    "1e2",
    "1E-3",
    "12.50",
    "0.1",
    "640",
    "9007199254740993",
    "-2.5",
    "1234567890123",
    "100.125",
    "7",
];
const TEXTS: [&str; 10] = [
    r#""a""#,
    r#""""#,
    r#""caf\u00e9""#,
    r#""é 图 \ud83d\ude00""#,
    r#""q\"uote\\""#,
    r#""line\nbreak\t""#,
    r#""a/b\/c""#,
    r#""{\"x\": [1}""#,
    r#""0""#,
    r#""null""#,
];
/// Members that tools add, and names that could be mistaken for ours.
const MEMBERS: [&str; 16] = [
    "attributes",
    "note",
    "license",
    "flickr_url",
    "label",
    "bbox_mode",
    "ordinal",
    "object_id",
    "attr.x",
    "extra",
    "@declared",
    "@absent",
    "row",
    "visible",
    "",
    "na\\u006de é",
];

impl Odd {
    pub(super) fn new(seed: u64) -> Odd {
        Odd { random: Random::keyed(&[seed, 77]) }
    }

    pub(super) fn below(&mut self, n: u64) -> u64 {
        self.random.below(n)
    }

    /// True once in `n`.
    fn once_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len() as u64) as usize]
    }

    fn number(&mut self) -> String {
        self.pick(&NUMBERS).to_owned()
    }

    fn text(&mut self) -> String {
        self.pick(&TEXTS).to_owned()
    }

    fn list(&mut self, n: u64, mut item: impl FnMut(&mut Odd) -> String) -> String {
        let items: Vec<String> = (0..n).map(|_| item(self)).collect();
        format!("[{}]", items.join(", "))
    }

    /// Any value, nested up to a few levels.
    fn any(&mut self, depth: u64) -> String {
        match self.below(if depth == 0 { 4 } else { 7 }) {
            0 => "null".to_owned(),
            1 => self.pick(&["true", "false"]).to_owned(),
            2 => self.number(),
            3 => self.text(),
            4 => {
                let n = self.below(4);
                self.list(n, |odd| odd.any(depth - 1))
            }
            _ => {
                let n = self.below(3);
                let members =
                    (0..n).map(|i| format!("\"m{i}\": {}", self.any(depth - 1))).collect::<Vec<_>>();
                format!("{{{}}}", members.join(", "))
            }
        }
    }

    fn shuffled(&mut self, mut members: Vec<String>) -> String {
        if self.once_in(3) {
            self.random.shuffle(&mut members);
        }
        let space = self.pick(&["", " ", "\n\t"]);
        format!("{{{space}{}{space}}}", members.join(&format!(",{space}")))
    }

    fn extras(&mut self, members: &mut Vec<String>) {
        for name in MEMBERS {
            if self.once_in(14) {
                let value = if self.once_in(2) { self.any(2) } else { self.number() };
                members.push(format!("\"{name}\": {value}"));
            }
        }
    }

    /// A list of image ids: all integers or all text.
    pub(super) fn image_ids(&mut self) -> Vec<String> {
        let n = self.below(7);
        let text = self.once_in(4);
        let base = [1, 139, 9_007_199_254_740_993, -5][self.below(4) as usize];
        let mut ids: Vec<String> = (0..n as i64)
            .map(|i| if text { format!("\"img {i} é\"") } else { (base + i * 3).to_string() })
            .collect();
        self.random.shuffle(&mut ids);
        ids
    }

    pub(super) fn image(&mut self, id: &str) -> String {
        let mut members = vec![format!("\"id\": {id}")];
        if !self.once_in(12) {
            let name = match self.below(8) {
                0 => "\"../../etc/passwd\"".to_owned(),
                1 => "\"/abs/a.jpg\"".to_owned(),
                2 => self.any(1),
                _ => format!("\"dir/{}.jpg\"", self.below(9)),
            };
            members.push(format!("\"file_name\": {name}"));
        }
        for side in ["height", "width"] {
            match self.below(14) {
                0 => {}
                1 => {
                    let value = self.any(1);
                    members.push(format!("\"{side}\": {value}"));
                }
                2 => members.push(format!("\"{side}\": 640.0")),
                3 => members.push(format!("\"{side}\": 99999999999")),
                _ => {
                    let value = 1 + self.below(900);
                    members.push(format!("\"{side}\": {value}"));
                }
            }
        }
        if !self.once_in(3) {
            members
                .push(format!("\"date_captured\": {}", if self.once_in(9) { "0" } else { "\"2013-11-14\"" }));
        }
        for name in ["score", "area", "bbox", "my.image_extra", "image_ordinal", "original_image_id"] {
            if self.once_in(14) {
                let value = self.any(1);
                members.push(format!("\"{name}\": {value}"));
            }
        }
        self.extras(&mut members);
        self.shuffled(members)
    }

    fn segmentation(&mut self) -> String {
        match self.below(14) {
            0 => "[]".to_owned(),
            1 => self.any(3),
            2 => "[[]]".to_owned(),
            3 => "[[1, 2, 3]]".to_owned(),
            4 => "[[1, 2, null, 4]]".to_owned(),
            5 => r#"{"counts": [0, 20, 30], "size": [10, 5]}"#.to_owned(),
            6 => r#"{"size": [10, 5], "counts": "e0d1J"}"#.to_owned(),
            7 => r#"{"counts": [1, -2, 3.5], "size": [10, 5]}"#.to_owned(),
            8 => r#"{"counts": [4294967295, 4294967296], "size": [10, 5]}"#.to_owned(),
            9 => r#"{"counts": "01", "size": [10.0, 5], "extra": 1}"#.to_owned(),
            10 => r#"{"counts": [1, 2]}"#.to_owned(),
            _ => {
                let rings = 1 + self.below(3);
                self.list(rings, |odd| {
                    let n = 2 * (3 + odd.below(4));
                    odd.list(n, Odd::number)
                })
            }
        }
    }

    fn keypoints(&mut self, members: &mut Vec<String>) {
        let n = self.below(4);
        let mut visible = 0;
        let list = self.list(n, |odd| {
            let v = odd.below(3);
            visible += u64::from(v > 0);
            let (x, y) = (odd.number(), odd.number());
            format!("{x}, {y}, {v}")
        });
        let value = match self.below(9) {
            0 => self.any(2),
            1 => "[1, 2]".to_owned(),
            2 => "[1, 2, 2.0, 3, 4, 900]".to_owned(),
            _ => list,
        };
        members.push(format!("\"keypoints\": {value}"));
        match self.below(5) {
            0 => {}
            1 => members.push(format!("\"num_keypoints\": {}", self.any(1))),
            _ => members.push(format!("\"num_keypoints\": {visible}")),
        }
    }

    pub(super) fn annotation(&mut self, n: u64, images: &[String]) -> String {
        let mut members = Vec::new();
        match self.below(16) {
            0 => {}
            1 => members.push("\"id\": null".to_owned()),
            2 => members.push("\"id\": 3.0".to_owned()),
            3 => members.push("\"id\": \"text id\"".to_owned()),
            4 => members.push("\"id\": 900000000000000001".to_owned()),
            _ => members.push(format!("\"id\": {}", n + 1)),
        }
        let image = match self.below(12) {
            0 => "424242".to_owned(),
            _ if images.is_empty() => "1".to_owned(),
            _ => images[self.below(images.len() as u64) as usize].clone(),
        };
        members.push(format!("\"image_id\": {image}"));
        match self.below(12) {
            0 => {}
            1 => members.push(format!("\"category_id\": {}", self.any(1))),
            2 => members.push("\"category_id\": 2.0".to_owned()),
            _ => members.push(format!("\"category_id\": {}", [1, 2, 4, 77][self.below(4) as usize])),
        }
        match self.below(10) {
            0 => {}
            1 => members.push(format!("\"bbox\": {}", self.any(2))),
            2 => members.push("\"bbox\": [1, 2, 3]".to_owned()),
            _ => {
                let bbox = self.list(4, Odd::number);
                members.push(format!("\"bbox\": {bbox}"));
            }
        }
        match self.below(8) {
            0 => {}
            1 => members.push(format!("\"area\": {}", self.any(1))),
            _ => members.push(format!("\"area\": {}", self.number())),
        }
        match self.below(8) {
            0 => {}
            1 => members.push(format!("\"iscrowd\": {}", self.any(1))),
            2 => members.push("\"iscrowd\": true".to_owned()),
            crowd => members.push(format!("\"iscrowd\": {}", crowd % 2)),
        }
        if !self.once_in(5) {
            members.push(format!("\"segmentation\": {}", self.segmentation()));
        }
        if self.once_in(3) {
            self.keypoints(&mut members);
        }
        if self.once_in(4) {
            let value = if self.once_in(4) { self.any(1) } else { self.text() };
            members.push(format!("\"caption\": {value}"));
        }
        if self.once_in(4) {
            members.push(format!("\"score\": {}", self.number()));
        }
        self.extras(&mut members);
        if self.once_in(20) {
            members.push("\"area\": 1.5".to_owned());
        }
        self.shuffled(members)
    }

    pub(super) fn categories(&mut self) -> String {
        match self.below(5) {
            0 => "[]".to_owned(),
            1 => r#"[{"id": 1, "name": "a", "keypoints": ["nose"], "skeleton": [[0, 1]]}, {"name": "b", "id": 2}, {"id": 4, "name": "a", "supercategory": null}]"#.to_owned(),
            2 => r#"[{"id": 1, "name": "a", "supercategory": "", "isthing": 1, "color": [220, 20, 60]}, {"id": 4, "name": 7}]"#.to_owned(),
            _ => r#"[{"id": 2, "name": "b", "supercategory": "s"}, {"id": 1, "name": "a", "supercategory": "s"}]"#.to_owned(),
        }
    }

    /// A whole annotation file for these images.
    pub(super) fn file(&mut self, ids: &[String]) -> String {
        let images: Vec<String> = ids.iter().map(|id| self.image(id)).collect();
        let count = self.below(14);
        let annotations: Vec<String> = (0..count).map(|n| self.annotation(n, ids)).collect();
        let mut members = vec![
            format!("\"images\": [{}]", images.join(", ")),
            format!("\"annotations\": [{}]", annotations.join(", ")),
        ];
        if !self.once_in(8) {
            let categories = self.categories();
            members.push(format!("\"categories\": {categories}"));
        }
        for name in ["info", "licenses", "my own"] {
            if self.once_in(2) {
                let value = self.any(3);
                members.push(format!("\"{name}\": {value}"));
            }
        }
        self.shuffled(members)
    }

    /// A panoptic record of an image, with its segments.
    fn record(&mut self, id: &str) -> String {
        let mut members = Vec::new();
        let count = self.below(5);
        let mut segments: Vec<String> = (0..count).map(|n| self.annotation(n, &[])).collect();
        if self.once_in(12) {
            segments.push(self.any(2));
        }
        match self.below(12) {
            0 => {}
            1 => members.push(format!("\"segments_info\": {}", self.any(1))),
            _ => members.push(format!("\"segments_info\": [{}]", segments.join(", "))),
        }
        match self.below(12) {
            0 => {}
            1 => members.push(format!("\"file_name\": {}", self.any(1))),
            _ => members.push(format!("\"file_name\": \"{}.png\"", self.below(9))),
        }
        let image = if self.once_in(12) { "424242" } else { id };
        members.push(format!("\"image_id\": {image}"));
        self.extras(&mut members);
        self.shuffled(members)
    }

    /// A panoptic file for these images: its first record decides that it is one.
    pub(super) fn panoptic(&mut self, ids: &[String]) -> String {
        let images: Vec<String> = ids.iter().map(|id| self.image(id)).collect();
        let mut records = vec![r#"{"segments_info": [], "image_id": 77777}"#.to_owned()];
        for id in ids {
            for _ in 0..[1, 1, 1, 1, 0, 2][self.below(6) as usize] {
                records.push(self.record(id));
            }
        }
        if self.once_in(3) {
            self.random.shuffle(&mut records[1..]);
        }
        let mut members = vec![
            format!("\"annotations\": [{}]", records.join(", ")),
            format!("\"images\": [{}]", images.join(", ")),
        ];
        let categories = self.categories();
        members.push(format!("\"categories\": {categories}"));
        self.shuffled(members)
    }

    /// A results file.
    pub(super) fn results(&mut self, ids: &[String]) -> String {
        let count = self.below(10);
        let list: Vec<String> = (0..count)
            .map(|_| {
                let image = match ids.is_empty() {
                    true => "1".to_owned(),
                    false => ids[self.below(ids.len() as u64) as usize].clone(),
                };
                let (category, bbox, score) = (1 + self.below(5), self.list(4, Odd::number), self.number());
                format!(
                    r#"{{"image_id": {image}, "category_id": {category}, "bbox": {bbox}, "score": {score}}}"#
                )
            })
            .collect();
        format!("[{}]", list.join(",\n"))
    }
}
