// What a reader can do with the page: sort and filter tables, choose curves, read the matrix. Reads only what is
// in the page; without it everything is there, in the order given.
(() => {
  "use strict";
  const all = (selector, within = document) => Array.from(within.querySelectorAll(selector));
  const fold = (text) => text.toLocaleLowerCase();

  // Tables: a click sorts, numbers downwards first; what is undefined stays last.
  for (const table of all("table.sortable")) {
    const body = table.tBodies[0];
    const rows = Array.from(body.rows);
    const heads = all("thead th", table);
    const collator = new Intl.Collator(undefined, { numeric: true });
    heads.forEach((head, column) => {
      const button = document.createElement("span");
      button.setAttribute("role", "button");
      button.tabIndex = 0;
      button.append(...head.childNodes);
      head.append(button);
      const isNumber = head.classList.contains("num");
      button.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        button.click();
      });
      button.addEventListener("click", () => {
        const first = isNumber ? "descending" : "ascending";
        const other = isNumber ? "ascending" : "descending";
        const order = head.getAttribute("aria-sort") === first ? other : first;
        heads.forEach((h) => h.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", order);
        const sign = order === "ascending" ? 1 : -1;
        const key = (row) => {
          const cell = row.cells[column];
          if (!isNumber) return cell.textContent;
          return cell.dataset.v ? Number(cell.dataset.v) : NaN;
        };
        const keyed = rows.map((row) => [key(row), row]);
        keyed.sort(([a], [b]) => {
          if (!isNumber) return sign * collator.compare(a, b);
          if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) - Number.isNaN(b);
          return sign * (a - b);
        });
        body.append(...keyed.map(([, row]) => row));
      });
    });
  }
  for (const sheet of all("figure.sheet")) {
    const filter = sheet.querySelector(".filter");
    if (!filter) continue;
    const rows = all("tbody tr", sheet);
    const said = filter.querySelector("output");
    filter.hidden = false;
    filter.querySelector("input").addEventListener("input", (event) => {
      const wanted = fold(event.target.value.trim());
      let shown = 0;
      for (const row of rows) {
        row.hidden = !fold(row.textContent).includes(wanted);
        shown += row.hidden ? 0 : 1;
      }
      said.textContent = wanted ? `${shown} of ${rows.length}` : "";
    });
  }

  // Curves: as many colours as can be told apart; the first one chosen gives way to the eighth.
  for (const chart of all("figure.chart")) {
    const curves = new Map(all("path.curve", chart).map((path) => [path.dataset.c, path]));
    const entries = all(".legend li[data-c]", chart);
    for (const entry of entries) {
      const path = curves.get(entry.dataset.c);
      const see = (on) => () => path && path.classList.toggle("seen", on && !path.classList.contains("main"));
      entry.addEventListener("mouseenter", see(true));
      entry.addEventListener("mouseleave", see(false));
    }
    if (!chart.classList.contains("many")) continue;
    const chosen = [];
    const paint = (entry, colour) => {
      const path = curves.get(entry.dataset.c);
      for (const element of [entry, path]) {
        element.classList.remove("k0", "k1", "k2", "k3", "k4", "k5", "k6", "seen");
        if (colour !== null) element.classList.add(`k${colour}`);
      }
      if (colour !== null) path.parentNode.append(path);
    };
    const choose = (entry, on) => {
      const box = entry.querySelector("input");
      box.checked = on;
      const at = chosen.findIndex((c) => c.entry === entry);
      if (at >= 0) chosen.splice(at, 1);
      if (!on) return paint(entry, null);
      if (chosen.length === 7) choose(chosen[0].entry, false);
      const colour = [0, 1, 2, 3, 4, 5, 6].find((k) => chosen.every((c) => c.colour !== k));
      chosen.push({ entry, colour });
      paint(entry, colour);
    };
    for (const entry of entries) {
      const box = entry.querySelector("input");
      if (!box) continue;
      box.hidden = false;
      box.addEventListener("change", () => choose(entry, box.checked));
    }
    const filter = chart.querySelector(".filter");
    filter.hidden = false;
    filter.querySelector("input").addEventListener("input", (event) => {
      const wanted = fold(event.target.value.trim());
      for (const entry of entries) entry.hidden = !fold(entry.textContent).includes(wanted);
    });
  }

  // The matrix: its cells are read by pointing, its size is changed by buttons.
  for (const figure of all("figure.confusion")) {
    const heat = figure.querySelector(".heat");
    if (!heat) continue;
    const zoom = figure.querySelector(".zoom");
    const said = zoom.querySelector("output");
    zoom.hidden = false;
    let size = parseFloat(getComputedStyle(heat).getPropertyValue("--start"));
    for (const button of all("button", zoom)) {
      button.addEventListener("click", () => {
        size = Math.min(48, Math.max(1, size * Number(button.dataset.zoom)));
        heat.style.setProperty("--cell", `${size}px`);
      });
    }
    const cells = heat.dataset.cells;
    const rows = all(".rows li", figure);
    const columns = all(".columns li", figure);
    if (cells === "-") { said.textContent = ""; continue; }
    const counts = new Map();
    const sums = new Map();
    for (const cell of (cells || "").split(";").filter(Boolean)) {
      const [row, column, count] = cell.split(",").map(Number);
      counts.set(row * columns.length + column, count);
      sums.set(row, (sums.get(row) || 0) + count);
    }
    const image = heat.querySelector("img");
    let marked = [];
    image.addEventListener("pointermove", (event) => {
      const box = image.getBoundingClientRect();
      const row = Math.floor(((event.clientY - box.top) / box.height) * rows.length);
      const column = Math.floor(((event.clientX - box.left) / box.width) * columns.length);
      if (!rows[row] || !columns[column]) return;
      const count = counts.get(row * columns.length + column) || 0;
      const share = sums.get(row) ? (100 * count) / sums.get(row) : 0;
      said.textContent = `${rows[row].textContent} as ${columns[column].textContent}: ` +
        `${count.toLocaleString("en")} (${share.toFixed(1)} % of the row)`;
      marked.forEach((m) => m.classList.remove("at"));
      marked = [rows[row], columns[column]];
      marked.forEach((m) => m.classList.add("at"));
    });
  }
})();
