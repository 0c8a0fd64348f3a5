//! The page in a browser: headless Chromium opens it, its scripts run, it is printed and seen on a narrow screen.
//!
//! Chromium is `LENSFRAME_CHROMIUM`, or what is called so on the path; without one the tests say so and pass. What
//! they draw stays in the folder for temporary files of the build, to be looked at.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::{all, sample};

/// The browser, where there is one.
fn chromium() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("LENSFRAME_CHROMIUM") {
        return Some(named.into());
    }
    let names = ["chromium", "chromium-browser", "google-chrome", "chrome-headless-shell"];
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path)
        .flat_map(|folder| names.map(|name| folder.join(name)))
        .find(|candidate| candidate.is_file());
    if found.is_none() {
        eprintln!("skipped: no Chromium on the path and none in LENSFRAME_CHROMIUM");
    }
    found
}

/// A folder for one test's pages and pictures.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("report").join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// What the browser prints for a page; it is ended if it takes more than a minute.
fn open(chromium: &Path, folder: &Path, page: &str, options: &[String]) -> String {
    let out = folder.join("stdout.txt");
    let mut child = Command::new(chromium)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run"])
        .arg(format!("--user-data-dir={}", folder.join("profile").display()))
        .args(options)
        .arg(format!("file://{}", folder.join(page).display()))
        .stdin(Stdio::null())
        .stdout(std::fs::File::create(&out).unwrap())
        .stderr(Stdio::null())
        .spawn()
        .expect("Chromium can be started");
    let end = Instant::now() + Duration::from_secs(60);
    let status = loop {
        match child.try_wait().unwrap() {
            Some(status) => break status,
            None if Instant::now() > end => {
                child.kill().unwrap();
                child.wait().unwrap();
                panic!("Chromium did not end on {page}");
            }
            None => std::thread::sleep(Duration::from_millis(20)),
        }
    };
    assert!(status.success(), "{page}: {status}");
    std::fs::read_to_string(out).unwrap()
}

/// The page with a script of the test's own behind it, which its policy lets run since it has the page's word.
fn with_script(page: &str, script: &str) -> String {
    let (_, after) = page.split_once("<script nonce=\"").unwrap();
    let (nonce, _) = after.split_once('"').unwrap();
    page.replace("</body>", &format!("<script nonce=\"{nonce}\">{script}</script></body>"))
}

#[test]
fn a_reader_can_sort_filter_choose_and_zoom() {
    let Some(chromium) = chromium() else { return };
    let folder = folder("reader");
    let script = r##"
        const said = [];
        const first = () => document.querySelector("#classes tbody tr:not([hidden]) th").textContent;
        const last = () => [...document.querySelectorAll("#classes .sheet tbody")][0].lastElementChild.cells[3].textContent;
        const head = (name) => [...document.querySelectorAll("#classes thead [role=button]")]
            .find((b) => b.textContent === name);
        head("AP").click(); said.push("highest=" + first(), "last=" + last());
        head("AP").dispatchEvent(new KeyboardEvent("keydown", { key: "Enter" }));
        said.push("lowest=" + first(), "still=" + last(), "sort=" + head("AP").parentNode.getAttribute("aria-sort"));
        head("class").click(); said.push("alphabet=" + first());
        const filter = document.querySelector("#classes .filter input");
        filter.value = "TRAFFIC"; filter.dispatchEvent(new Event("input"));
        said.push("filtered=" + first(), "shown=" + document.querySelector("#classes output").textContent);
        const boxes = [...document.querySelectorAll(".chart.many li input")];
        boxes.slice(0, 8).forEach((box) => box.click());
        said.push("boxes=" + boxes.filter((box) => box.checked).length);
        said.push("coloured=" + document.querySelectorAll(".chart.many path[class*=' k']").length);
        document.querySelector("[data-zoom='1.25']").click();
        said.push("cell=" + document.querySelector(".heat").style.getPropertyValue("--cell"));
        const image = document.querySelector(".heat img").getBoundingClientRect();
        document.querySelector(".heat img").dispatchEvent(new PointerEvent("pointermove",
            { clientX: image.left + 3, clientY: image.top + 3 }));
        said.push("read=" + document.querySelector(".zoom output").textContent);
        document.body.dataset.said = said.join(";");
    "##;
    let report = sample();
    std::fs::write(folder.join("page.html"), with_script(&report.to_html(), script)).unwrap();
    let dom = open(&chromium, &folder, "page.html", &["--dump-dom".to_owned()]);
    let (_, said) = dom.split_once("data-said=\"").expect("the script ran to its end");
    let said = said.split('"').next().unwrap();

    let classes = report.classes.as_ref().unwrap();
    let names = super::sample::coco_names();
    let ap = |row: &usize| classes.get("AP").unwrap().cells.number(*row);
    let mut known: Vec<usize> = (0..names.len()).filter(|row| ap(row).is_some()).collect();
    known.sort_by(|a, b| ap(b).partial_cmp(&ap(a)).unwrap());
    let count = report.matrix.as_ref().unwrap().count(0, 0);
    let expected = [
        format!("highest={}", names[known[0]]),
        "last=–".to_owned(),
        format!("lowest={}", names[known[known.len() - 1]]),
        "still=–;sort=ascending;alphabet=airplane;filtered=traffic light;shown=1 of 80".to_owned(),
        "boxes=7;coloured=7;cell=13.75px".to_owned(),
        format!("read=person as person: {count} ("),
    ];
    for words in expected {
        assert!(said.contains(&words), "{words} is not in {said}");
    }
}

#[test]
fn no_name_does_anything_in_a_browser() {
    let Some(chromium) = chromium() else { return };
    let folder = folder("hostile");
    let (_, report) = all().into_iter().find(|(name, _)| *name == "hostile").unwrap();
    // A page by hand without the policy, so that only escaping protects it.
    let page = report.to_html().replace("Content-Security-Policy", "X-Nothing");
    std::fs::write(folder.join("page.html"), page).unwrap();
    let dom = open(&chromium, &folder, "page.html", &["--dump-dom".to_owned()]);
    assert_eq!(dom.matches("<script").count(), 1);
    assert!(!dom.contains("onerror=\"") && !dom.contains("<img src=\"x\""));
    assert!(dom.contains("&lt;script&gt;alert(1)&lt;/script&gt;") && dom.contains("信号機と自転車"));
}

#[test]
fn a_page_is_drawn_on_a_desk_and_a_phone_and_is_printed() {
    let Some(chromium) = chromium() else { return };
    let folder = folder("drawn");
    let mut widths = Vec::new();
    for (name, report) in all() {
        let page = format!("{name}.html");
        // How wide the page is in a window of 390 pixels: an inner frame, since windows are not made narrower than 500.
        std::fs::write(folder.join(&page), with_script(&report.to_html(), PROBE)).unwrap();
        let frame =
            format!("{FRAME}<iframe src=\"{page}\" width=390 height=4000></iframe><script>{LISTEN}</script>");
        std::fs::write(folder.join(format!("{name}-phone.html")), frame).unwrap();
        let dom = open(&chromium, &folder, &format!("{name}-phone.html"), &["--dump-dom".to_owned()]);
        let (_, wide) = dom.split_once("data-wide=\"").unwrap_or_else(|| panic!("{name}: {dom}"));
        widths.push((name, wide.split('"').next().unwrap().parse::<u32>().unwrap()));
    }
    assert!(widths.iter().all(|(_, wide)| *wide <= 390), "nothing but boxes of tables is wider: {widths:?}");

    std::fs::write(folder.join("sample.html"), sample().to_html()).unwrap();
    let shot = |name: &str, size: (u32, u32)| {
        let file = folder.join(name);
        let options =
            [format!("--screenshot={}", file.display()), format!("--window-size={},{}", size.0, size.1)];
        open(&chromium, &folder, "sample.html", &options);
        let header = lensframe::image::probe(&std::fs::read(file).unwrap()).unwrap();
        assert_eq!(header.upright(), (size.1, size.0), "{name}");
    };
    shot("desk.png", (1280, 5400));
    let pdf = folder.join("printed.pdf");
    let options = [format!("--print-to-pdf={}", pdf.display()), "--no-pdf-header-footer".to_owned()];
    open(&chromium, &folder, "sample.html", &options);
    let pdf = std::fs::read(pdf).unwrap();
    assert!(pdf.starts_with(b"%PDF") && pdf.len() > 50_000, "{}", pdf.len());
}

#[test]
fn no_table_is_wider_than_the_paper() {
    let Some(chromium) = chromium() else { return };
    let folder = folder("paper");
    let mut widths = Vec::new();
    for (name, report) in all() {
        // The rules for paper on a screen as wide as A4 within its margins, where what hangs out can be measured.
        let page = with_script(&report.to_html(), PROBE).replace("@media print", "@media screen");
        std::fs::write(folder.join(format!("{name}.html")), page).unwrap();
        let frame = format!(
            "{FRAME}<iframe src=\"{name}.html\" width=672 height=4000></iframe><script>{LISTEN}</script>"
        );
        std::fs::write(folder.join("frame.html"), frame).unwrap();
        let dom = open(&chromium, &folder, "frame.html", &["--dump-dom".to_owned()]);
        let (_, wide) = dom.split_once("data-wide=\"").unwrap_or_else(|| panic!("{name}: {dom}"));
        widths.push((name, wide.split('"').next().unwrap().parse::<u32>().unwrap()));
    }
    assert!(widths.iter().all(|(_, wide)| *wide <= 672), "{widths:?}");
}

const FRAME: &str = "<!doctype html><meta charset=utf-8><body style=margin:0>";
const PROBE: &str = "parent.postMessage(document.documentElement.scrollWidth, '*');";
const LISTEN: &str = "addEventListener('message', (e) => { document.body.dataset.wide = e.data; });";
