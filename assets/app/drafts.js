// What stands in the field and is not added yet.

// The way to the login page, and back with what stands in the field.
function withDraft(login) {
  const there = new URL(login, location.href);
  const back = new URL(there.searchParams.get("next") ?? "/", location.href);
  const draft = find("#description")?.value;
  if (draft) {
    back.searchParams.set("description", draft);
    back.searchParams.set("account", account()); // for nobody else
  }
  there.searchParams.set("next", back.pathname + back.search);
  return there.pathname + there.search;
}

on("htmx:after:request", ({ detail: { ctx } }) => {
  if (ctx.hx.redirect) ctx.hx.redirect = withDraft(ctx.hx.redirect);
});

// Whoever types on while a to-do is being added finds that text in the fresh field.
function keepTyping({ request, response }, fresh) {
  const sent = request.body.get("description");
  const typed = find("#description").value;
  const isAdded = response.raw.ok && typed.startsWith(sent);
  if (typed !== sent) fresh.setAttribute("value", isAdded ? typed.slice(sent.length) : typed);
}

on("htmx:before:swap", ({ detail: { ctx, tasks } }) => {
  for (const { target, fragment } of tasks) {
    if (is(target, "add")) keepTyping(ctx, fragment.querySelector("#description"));
  }
});

// The text that came back from the login page is a to-do now: reloading must not offer it again.
function forgetDraft() {
  const here = new URL(location.href);
  here.searchParams.delete("description");
  here.searchParams.delete("account");
  if (here.href !== location.href) history.replaceState(history.state, "", here);
}

on("htmx:after:swap", ({ detail: { ctx } }) => {
  if (ctx.request.method === "POST" && ctx.response.raw.ok) forgetDraft();
});
