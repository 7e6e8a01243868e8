// Choose what to see of the table, and in which order. Without this script the whole table stands.
const box = document.querySelector(".exercise-table");
const table = box.querySelector("table");
const body = table.tBodies[0];
const rows = [...body.rows];
const heads = [...table.tHead.rows[0].cells];
const textOf = (row, column) => row.cells[column].textContent.trim();

// Choose
const form = document.createElement("form");
form.className = "exercise-choice";
const said = document.createElement("output");
const selects = ["Lesson", "Difficulty", "Kind"].map((name) => {
  const column = heads.findIndex((head) => head.textContent.trim() === name);
  const label = document.createElement("label");
  const select = document.createElement("select");
  const values = [...new Set(rows.map((row) => textOf(row, column)))];
  select.append(new Option("all", ""), ...values.map((value) => new Option(value, value)));
  label.append(name, select);
  form.append(label);
  return { column, select };
});
form.append(said);
box.prepend(form);

const show = () => {
  let count = 0;
  let minutes = 0;
  for (const row of rows) {
    row.hidden = selects.some(({ column, select }) => select.value && textOf(row, column) !== select.value);
    if (row.hidden) continue;
    count += 1;
    minutes += Number(textOf(row, heads.length - 1));
  }
  const halves = Math.round(minutes / 30);
  const hours = `${Math.floor(halves / 2) || ""}${halves % 2 ? "½" : ""}`;
  const time = minutes < 60 ? `${minutes} minutes` : `${hours} ${halves > 2 ? "hours" : "hour"}`;
  said.textContent = count ? `${count} of ${rows.length}, about ${time}` : "none";
};
form.addEventListener("input", show);
form.addEventListener("submit", (event) => event.preventDefault());
show();

// Order: by a click on a column that has numbers; once more for the other way around, once more for
// the order of the course.
const ORDERS = ["none", "ascending", "descending"];
for (const [column, head] of heads.entries()) {
  if (!rows.every((row) => /^\d/.test(textOf(row, column))) || column === 1) continue;
  const button = document.createElement("button");
  button.type = "button";
  button.append(...head.childNodes);
  head.append(button);
  head.setAttribute("aria-sort", "none");
  button.addEventListener("click", () => {
    const next = ORDERS[(ORDERS.indexOf(head.getAttribute("aria-sort")) + 1) % ORDERS.length];
    for (const other of heads) if (other.hasAttribute("aria-sort")) other.setAttribute("aria-sort", "none");
    head.setAttribute("aria-sort", next);
    const sign = next === "descending" ? -1 : 1;
    const number = (row) => parseInt(textOf(row, column), 10);
    body.append(...(next === "none" ? rows : rows.toSorted((a, b) => sign * (number(a) - number(b)))));
  });
}
