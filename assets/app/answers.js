// What an answer changes. On a slow line answers overtake each other: each says, with the count, of
// which revision of the account it is, and each row which one changed it last. An older answer
// changes nothing that a newer one has shown. The list as a whole: `refresh.js`.

const isRow = (element) => element?.id.startsWith("todo-");
const shown = (row) => document.getElementById(row.id);
const isNewerThanList = (row) => revOf(row) > revOf(find("#todos"));

// Whether a part of an answer is to be swapped in.
function isNews({ target, swapSpec, fragment }, isOvertaken) {
  const row = fragment.firstElementChild;
  if (is(target, "count") || is(target, "status")) return !isOvertaken;
  // A row that was added and is not there is gone, unless the list is older.
  if (is(target, "todos") && swapSpec.style === "afterbegin") {
    return shown(row) ? revOf(shown(row)) < revOf(row) : isNewerThanList(row);
  }
  return !isRow(target) || revOf(target) <= revOf(row);
}

// Rows that come by another way, or moved within the order, are not shown twice.
function showOnce({ target, fragment }) {
  if (!is(target, "todos")) return;
  for (const row of [...fragment.children]) (revOf(shown(row)) > revOf(row) ? row : shown(row))?.remove();
}

let isBehind = false; // the answer is about a row that is neither shown nor known to be gone

on("htmx:before:swap", ({ detail: { ctx, tasks } }) => {
  if (isRefresh(ctx)) return;
  const count = tasks.find(({ target }) => is(target, "count"));
  const isOvertaken = revOf(count?.fragment.firstElementChild) < revOf(find("#count"));
  const isMissing = ({ target, fragment: { firstElementChild: row } }) => !target && isRow(row) && isNewerThanList(row);
  isBehind = ctx.response.status === 404 || tasks.some(isMissing);
  const news = tasks.filter((task) => isNews(task, isOvertaken));
  news.forEach(showOnce);
  if (isOvertaken) {
    // Nor does it take the keyboard.
    const marked = news.flatMap(({ fragment }) => [...fragment.querySelectorAll("[data-focus]")]);
    for (const element of marked) element.removeAttribute("data-focus");
  }
  tasks.splice(0, tasks.length, ...news);
});

on("htmx:after:swap", ({ detail: { ctx } }) => {
  if (ctx.response.status === 404) ctx.sourceElement.closest("li")?.remove(); // it is gone
  const isInvalid = find("[aria-invalid=true]");
  if (find(".empty")) find(".empty").hidden = find("#todos > li") !== null;
  document.title = (isInvalid ? "Error: " : "") + document.title.replace(/^Error: /, "");
  if (isBehind && !isRefresh(ctx)) document.dispatchEvent(new Event("tickbox:behind"));
});
