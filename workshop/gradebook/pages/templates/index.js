"use strict";
// Sorting: a click on a heading, or Enter or Space on it, sorts by that column; again turns it
// round. What has no value, such as an unmarked exercise, stays at the end either way.
const words = new Intl.Collator(undefined, { numeric: true });
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0], rows = [...body.rows], heads = [...table.tHead.rows[0].cells];
  const value = (row, column) => {
    const cell = row.cells[column];
    return cell.dataset.v ?? cell.textContent.trim();
  };
  const sort = (column, down) => {
    const text = heads[column].classList.contains("text"), sign = down ? -1 : 1;
    const keyed = rows.map((row) => [value(row, column), row]);
    keyed.sort(([a], [b]) =>
      (a === "") - (b === "") || sign * (text ? words.compare(a, b) : a - b));
    body.append(...keyed.map(([, row]) => row));
  };
  heads.forEach((head, column) => head.querySelector("button")?.addEventListener("click", () => {
    const down = head.ariaSort === "ascending";
    for (const other of heads) if (other.ariaSort) other.ariaSort = "none";
    head.ariaSort = down ? "descending" : "ascending";
    sort(column, down);
  }));
}

// A map tells whose column the pointer is over, and leads to that learner's page.
const links = [...document.querySelectorAll("table.class tbody a")];
const outcomes = { fail: "lost", timeout: "out of time", error: "could not be run", pass: "passed" };
for (const map of document.querySelectorAll("table.map")) {
  const order = map.dataset.order.split(" "), told = map.querySelector("output");
  const found = (event) => {
    const strip = event.target.closest("td.strip")?.firstElementChild;
    if (!strip) return null;
    const { left, width } = strip.getBoundingClientRect();
    const column = Math.floor((event.clientX - left) / width * order.length);
    const link = links[order[column]];
    if (!link) return null;
    const hit = [...strip.children].find((path) => [1, 4.5, 9].some(
      (y) => path.isPointInFill({ x: column + 0.4, y })));
    return { link, outcome: outcomes[hit?.getAttribute("class")] ?? "not there" };
  };
  map.addEventListener("pointermove", (event) => {
    const at = found(event);
    told.textContent = at ? `${at.link.textContent}: ${at.outcome}` : "";
  });
  map.addEventListener("pointerleave", () => { told.textContent = ""; });
  map.addEventListener("click", (event) => {
    const at = found(event);
    if (at) location.href = at.link.href;
  });
}

// A link to a map opens it, and paper shows them all.
const folds = [...document.querySelectorAll("details")];
const unfold = () => {
  const fold = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (fold?.matches("details")) { fold.open = true; fold.scrollIntoView(); }
};
addEventListener("hashchange", unfold);
unfold();
let closed = [];
addEventListener("beforeprint", () => {
  closed = folds.filter((fold) => !fold.open);
  for (const fold of closed) fold.open = true;
});
addEventListener("afterprint", () => { for (const fold of closed) fold.open = false; });
