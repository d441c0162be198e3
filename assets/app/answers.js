// What an answer changes besides what htmx swaps in.

on("htmx:before:swap", ({ detail: { tasks } }) => {
  for (const { target, swapSpec, fragment } of tasks) {
    if (!is(target, "todos") || swapSpec.style === "innerMorph") continue;
    // A row that came by another way, or moved within the order, is not shown twice.
    for (const row of fragment.children) document.getElementById(row.id)?.remove();
  }
});

on("htmx:after:swap", ({ detail: { ctx } }) => {
  if (ctx.response.status === 404) ctx.sourceElement.closest("li")?.remove(); // it is gone
  const isInvalid = find("[aria-invalid=true]");
  document.title = (isInvalid ? "Error: " : "") + document.title.replace(/^Error: /, "");
});
