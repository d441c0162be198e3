// What an answer changes. On a slow line answers overtake each other: each says, with the count, of
// which revision of the account it is, and each row which one changed it last. An older answer
// changes nothing that a newer one has shown. The list as a whole: `refresh.js`.

const isRow = (element) => element?.id.startsWith("todo-");
const shownRow = (row) => document.getElementById(row.id);
const isNewerThanList = (row) => revOf(row) > revOf(find("#todos"));

// Whether a part of an answer is to be swapped in. A form in which somebody types is replaced by its own alone.
function isCurrent({ target, swapSpec, fragment }, isStale, { sourceElement }) {
  const row = fragment.firstElementChild;
  if (isEditing(target) && !target.contains(sourceElement)) return false;
  if (hasId(target, "count") || hasId(target, "status")) return !isStale;
  // A row that was added and is not there is gone, unless the list is older.
  if (hasId(target, "todos") && swapSpec.style === "afterbegin") {
    if (isEditing(shownRow(row))) return false;
    return shownRow(row) ? revOf(shownRow(row)) < revOf(row) : isNewerThanList(row);
  }
  return !isRow(target) || revOf(target) <= revOf(row);
}

// Rows that come by another way, or moved within the order, are not shown twice.
function removeDuplicates({ target, fragment }) {
  if (!hasId(target, "todos")) return;
  for (const row of [...fragment.children]) {
    const shown = shownRow(row);
    (isEditing(shown) || revOf(shown) > revOf(row) ? row : shown)?.remove();
  }
}

let isOutdated = false; // the answer is about a row that is neither shown nor known to be gone

on("htmx:before:swap", ({ detail: { ctx, tasks } }) => {
  if (isRefresh(ctx)) return;
  const count = tasks.find(({ target }) => hasId(target, "count"));
  const isStale = revOf(count?.fragment.firstElementChild) < revOf(find("#count"));
  const isMissing = ({ target, fragment: { firstElementChild: row } }) => !target && isRow(row) && isNewerThanList(row);
  isOutdated = ctx.response.status === 404 || tasks.some(isMissing);
  const current = tasks.filter((task) => isCurrent(task, isStale, ctx));
  current.forEach(removeDuplicates);
  if (isStale) {
    // Nor does it take the keyboard.
    const marked = current.flatMap(({ fragment }) => [...fragment.querySelectorAll("[data-focus]")]);
    for (const element of marked) element.removeAttribute("data-focus");
  }
  tasks.splice(0, tasks.length, ...current);
});

on("htmx:after:swap", ({ detail: { ctx } }) => {
  if (ctx.response.status === 404) ctx.sourceElement.closest("li:not(.editing)")?.remove(); // it is gone
  const isInvalid = find("[aria-invalid=true]");
  if (find(".empty")) find(".empty").hidden = find("#todos > li:not(.day)") !== null;
  const number = find("#count-by-day > span");
  if (number) number.textContent = document.querySelectorAll("#todos > li:not(.day, .done)").length;
  document.title = (isInvalid ? "Error: " : "") + document.title.replace(/^Error: /, "");
  if (isOutdated && !isRefresh(ctx)) document.dispatchEvent(new Event("tickbox:outdated"));
});
