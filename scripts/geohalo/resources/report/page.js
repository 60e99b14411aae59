"use strict";
// What the page does beside its map: sorting of tables, and all parts unfolded on paper.
{
  const value = (cell) => {
    const text = cell ? cell.dataset.value : "";
    return cell && cell.classList.contains("number") && text !== "" ? Number(text) : text;
  };
  // What is missing comes last in both directions.
  const compare = (a, b, sign) =>
    a === "" || b === "" ? (a === "") - (b === "")
      : sign * (typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b)));
  for (const table of document.querySelectorAll("table")) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const sign = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", sign > 0 ? "ascending" : "descending");
        const rows = [...table.tBodies[0].rows];
        rows.sort((a, b) => compare(value(a.cells[column]), value(b.cells[column]), sign));
        table.tBodies[0].append(...rows);
      });
    });
  }
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("details:not([open])")];
    folded.forEach((part) => { part.open = true; });
  });
  addEventListener("afterprint", () => folded.forEach((part) => { part.open = false; }));
}
