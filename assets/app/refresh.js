// The list as other tabs of this browser, and other devices, left it.

function refreshList() {
  if (!document.hidden && !hasMoreRows()) find("#refresh")?.dispatchEvent(new Event("refresh"));
}

on("visibilitychange", refreshList);
on("tickbox:outdated", refreshList);

// A page that is left takes its question along, which would be reported as an error otherwise.
window.addEventListener("pagehide", () => find("#refresh")?.dispatchEvent(new Event("htmx:abort")));

// An edit form stays, also when its to-do is not in the list any more: something has to stand for it.
function keepForms(fragment) {
  const there = (row) => row && fragment.querySelector(`#${row.id}`);
  for (const row of document.querySelectorAll("#todos > .editing")) {
    if (there(row)) continue;
    let before = row.previousElementSibling;
    while (before && !there(before)) before = before.previousElementSibling;
    const standIn = make("li", { id: row.id });
    if (before) there(before).after(standIn);
    else fragment.prepend(standIn);
  }
}

let revAtRequest; // the revision that was shown when the list was asked for

on("htmx:before:request", ({ detail: { ctx } }) => {
  if (isRefresh(ctx)) revAtRequest = revOf(find("#count"));
});

on("htmx:before:swap", (event) => {
  const { ctx, tasks } = event.detail;
  const todos = tasks.find(({ target }) => hasId(target, "todos"));
  if (todos?.swapSpec.style === "beforeend") todos.target.dataset.longer = "";
  if (!todos || !isRefresh(ctx)) return;
  const now = revOf(find("#count"));
  const rev = revOf(tasks.find(({ target }) => hasId(target, "count")).fragment.firstElementChild);
  if (rev >= now && !hasMoreRows()) {
    todos.target.dataset.rev = rev;
    keepForms(todos.fragment);
    return;
  }
  event.preventDefault();
  // Overtaken. Not asked again when nothing has: a server that went back in time would be asked for ever.
  if (revAtRequest < now) refreshList();
});

// What was dropped while "Show more" was under way is asked for when that has failed.
on("htmx:finally:request", ({ detail: { ctx } }) => {
  if (ctx.sourceElement.closest?.("#more")) queueMicrotask(refreshList);
});
