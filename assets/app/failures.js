// Words when the network fails or something in between answers. First of all parts: whatever else
// is broken, a to-do that was not saved must not look as if it were.

function say(words) {
  const failure = document.createElement("p");
  failure.className = "failure";
  failure.textContent = words;
  find("#status")?.replaceChildren(failure);
}

on("htmx:error", ({ detail: { ctx } }) => {
  if (ctx && !isRefresh(ctx)) {
    say("The server could not be reached. Nothing you typed is lost: check the connection, then try again.");
  }
});

on("htmx:after:request", (event) => {
  const { ctx } = event.detail;
  const isOurs = ctx.text.includes("<hx-partial");
  if (ctx.hx.redirect) return;
  if (isRefresh(ctx)) {
    // Nobody asked for it; but that somebody else has logged in (409) is said.
    const isAnswer = ctx.response.raw.ok || ctx.response.status === 409;
    if (!isAnswer || !isOurs) event.preventDefault();
  } else if (!isOurs) {
    event.preventDefault(); // the page of a gateway between us
    say("The server cannot answer right now. Nothing you typed is lost: wait a few seconds, then try again.");
  }
});
